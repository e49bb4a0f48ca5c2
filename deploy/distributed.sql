-- Spreads what grows with every run over the nodes, by account. See distributed.md; never run on such an engine.

-- Small, and joined with what is spread: a copy on every node.
select create_reference_table('accounts');
select create_reference_table('locations');
select create_reference_table('impaired_windows');
select create_reference_table('retention');

-- Spread by account, the rows of one account together.
select create_distributed_table('results', 'account_id');
select create_distributed_table('gaps', 'account_id', colocate_with => 'results');
select create_distributed_table('rollups_hourly', 'account_id', colocate_with => 'results');
select create_distributed_table('rollups_daily', 'account_id', colocate_with => 'results');
select create_distributed_table('rollups_check_daily', 'account_id', colocate_with => 'results');
select create_distributed_table('rollups_check_weekly', 'account_id', colocate_with => 'results');
