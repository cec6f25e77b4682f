import { create, globals } from "webgpu";

// Node 20 has no navigator, later ones a getter.
Object.assign(globalThis, globals);
Object.defineProperty(globalThis, "navigator", { value: { gpu: create([]) }, configurable: true });
