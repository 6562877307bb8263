// Parses diagrams with the Mermaid of a folder: node mermaid.mjs FOLDER FILE…; prints failures.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, ...files] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(path.resolve(folder, "node_modules", file)));
const { JSDOM } = await load("jsdom/lib/api.js");
globalThis.window = new JSDOM("<body></body>").window;
globalThis.document = globalThis.window.document;
const mermaid = (await load("mermaid/dist/mermaid.esm.mjs")).default;
for (const file of files) {
  try {
    await mermaid.parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    console.log(`${file}: ${error.message}`);
  }
}
