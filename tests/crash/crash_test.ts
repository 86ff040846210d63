import { Random } from "../support/random.ts";
import { tempDir } from "../support/temp_dir.ts";
import { crashOnce } from "./crash.ts";
import { TREATMENTS } from "./shared.ts";

for (const name of Object.keys(TREATMENTS)) {
  Deno.test(`Store loses no committed sample to kill -9, directory ${name}`, async () => {
    const seed = crypto.getRandomValues(new Uint32Array(1))[0];
    console.log(`seed ${seed}`);
    using dir = tempDir();
    const random = new Random(seed);
    let first = 0;
    for (let round = 0; round < 3; round++) {
      const { found } = await crashOnce(dir.join(name), first, random);
      first = found + 1;
    }
  });
}
