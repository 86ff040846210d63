import assert from "node:assert/strict";
import { syncDir } from "../../src/store/files.ts";
import { tempDir } from "../support/temp_dir.ts";

Deno.test("syncDir opens the directory, where directories can be opened", async () => {
  using dir = tempDir();
  await syncDir(dir.path);
  await assert.rejects(syncDir(`${dir.path}/none`, "linux"), Deno.errors.NotFound);
  await assert.rejects(syncDir(`${dir.path}/none`, "darwin"), Deno.errors.NotFound);
});

Deno.test("syncDir leaves it to the file system on Windows, which would refuse", async () => {
  using dir = tempDir();
  await syncDir(`${dir.path}/none`, "windows");
});
