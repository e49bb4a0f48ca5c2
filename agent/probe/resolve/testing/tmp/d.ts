import { addresses } from '../dns-server.ts';
import { createSocket } from 'node:dgram';
import { decodeQuestion, encodeReply } from '../dns-wire.ts';
const port=Number(process.argv[2]);
const udp=createSocket({type:'udp4',recvBufferSize:8<<20});
udp.on('message',(p,f)=>{const q=decodeQuestion(p)!; const m=/^slow(\d+)/.exec(q.name); const b=addresses(q,'10.0.0.1') as any; const out=encodeReply(q,{rcode:'NOERROR',records:b.records,truncated:false}); const go=()=>udp.send(out,f.port,f.address); m?setTimeout(go,Number(m[1])):go();});
udp.bind(port,'127.0.0.1',()=>console.log('up'));
setTimeout(()=>process.exit(0),150000);
