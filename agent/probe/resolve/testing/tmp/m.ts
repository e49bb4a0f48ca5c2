import { lookup } from 'node:dns';
import { systemClock } from '#shared/time/clock.ts';
import { createResolver } from '../../create-resolver.ts';
import { openChannel } from '../../channel.ts';
const [,, mode='sonde', server='127.0.0.1:5300', slowMs='1000', young='64', all='512', total='500'] = process.argv;
const N=Number(total);
const names = Array.from({length:N},(_,i)=> i%10===0 ? `slow${slowMs}-${i}.test` : `fast${i}.test`);
const pct=(a:number[],p:number)=>{a=[...a].sort((x,y)=>x-y);return a[Math.min(a.length-1,Math.floor(a.length*p))]!.toFixed(1);};
const fast:number[]=[],slow:number[]=[],us:number[]=[]; const fails:Record<string,number>={};
let one:(n:string)=>Promise<void>;
const r = createResolver({clock:systemClock,mode:'dns',egress:()=>({allowed:true}),hostName:'x',limits:{youngMax:Number(young),inFlightMax:Number(all)},
 files:{stamp:(p)=>p,read:()=>''}, openChannel:()=>{const c=openChannel(); return {...c, ask:(q,d)=>c.ask({...q,server},d)};}});
if (mode==='sonde') one=async(n)=>{const x=await r.resolve({hostname:n,family:'IPv4',dnsServer:null,timeoutMs:20000,signal:new AbortController().signal}); if(!x.ok) fails[x.code]=(fails[x.code]??0)+1; else if(n.startsWith('fast')) us.push(x.us/1000);};
else one=(n)=>new Promise((res)=>lookup(n+'.',{family:4,all:true},(e)=>{if(e) fails[e.code!]=(fails[e.code!]??0)+1; res();}));
await one('fast-warm.test');
for (let round=0; round<1; round++){
 fast.length=slow.length=us.length=0;
 const c0=process.cpuUsage(); const t0=performance.now();
 await Promise.all(names.map(async(n)=>{await one(`r${round}`===''?n:n.replace('.test',`.r${round}.test`)); (n.startsWith('fast')?fast:slow).push(performance.now()-t0);}));
 const c=process.cpuUsage(c0);
 console.log(mode,`slow=${slowMs}ms young=${young}/${all} n=${N}`,'fast p50',pct(fast,.5),'p99',pct(fast,.99),'slow p99',pct(slow,.99),'us(p50,p99) ms',us.length?pct(us,.5)+' '+pct(us,.99):'-','cpu µs/lookup',((c.user+c.system)/N).toFixed(0),'fails',JSON.stringify(fails),'opened',r.load().channelsOpened);
}
r.close();
