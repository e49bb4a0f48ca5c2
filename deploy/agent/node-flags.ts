/**
 * What Node is started with where it runs nothing but an agent. Each check leaves some 20 KB of garbage and next to nothing
 * else; V8 left to itself answers that with a young generation of 100 MB and more in each thread. What this saves and costs
 * is in deploy/bench/probe/README.md.
 */
export const AGENT_NODE_FLAGS = ['--max-semi-space-size=8'] as const;
