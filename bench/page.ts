import type { Peer } from "./peer.ts";
import { Session } from "./session.ts";

declare global {
  interface Window {
    bench: Session;
    /** Loads a peer's bundle and starts it. */
    startPeer: (url: string) => Promise<void>;
  }
}

window.bench = await Session.open();
window.startPeer = async (url) => {
  const { open } = (await import(/* @vite-ignore */ url)) as { open: () => Promise<Peer> };
  window.bench.addPeer(await open());
};
document.body.dataset["ready"] = "";
