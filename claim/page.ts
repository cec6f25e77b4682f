import { Session } from "./session.ts";

declare global {
  interface Window {
    claim: Session;
  }
}

window.claim = await Session.open();
document.body.dataset["ready"] = "";
