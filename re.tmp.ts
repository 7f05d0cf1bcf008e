import { buildEngine, sourcePath } from "./host-sim/xs/build.js";
import { EngineHost } from "./host-sim/xs/device.js";
import { buildImage, modulesOf } from "./host-sim/xs/image.js";
import { look } from "./host-sim/xs/recognition.js";
import { writeModel } from "./host-sim/model/file.js";
import { Model } from "./firmware/vision/model.js";
import * as V from "./test/support/vision.js";
const engine = await buildEngine("32", console.log);
const image = buildImage(engine, await modulesOf([sourcePath("device/seeing.ts")]));
console.log(image.modules.filter(m=>/vision|checksum/.test(m.name)));
const host = new EngineHost(engine, image.path);
const lim={bytes:20480,multiplyAdds:4e5,activationBytes:16384};
for (const [name,w] of [["cand",V.CANDIDATE],["mixed",V.MIXED],
 ["sep",[V.convolution(8,3,1,1),V.largest,V.depthwise(3,1,1),V.convolution(32,1,1,0),V.largest,V.depthwise(3,1,1),V.convolution(48,1,1,0),V.depthwise(3,2,1),V.convolution(64,1,1,0),V.dense(10)]],
 ["c1",[V.convolution(8,3,1,1),V.dense(2)]],["c3",[V.convolution(1,1,1,0),V.convolution(8,3,1,1),V.dense(1)]],] as const) {
 const bytes = writeModel(V.draftOf(7,V.PICTURE,w as any));
 const model = new Model(bytes,{bytes:1e6,multiplyAdds:1e7,activationBytes:1e6});
 let zeros=0;
 try {
 const pic=V.picture(new V.Dice(3),784);
 const s = look(host,bytes,pic);
 console.log(name, bytes.length, model.multiplyAdds, s, (s.instructions/model.multiplyAdds).toFixed(2));
 const white=look(host,bytes,new Uint8Array(784).fill(200)); console.log("  white", (white.instructions/model.multiplyAdds).toFixed(2));
 } catch(e) { console.log(name, model.multiplyAdds, String(e)); }
}
host.close();
