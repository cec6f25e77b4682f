import { readAddress, writeAddress } from "./shell/address.ts";
import { SharedDevice } from "./shell/device.ts";
import { element } from "./shell/element.ts";
import { showDevice } from "./shell/notice.ts";
import { Tabs } from "./shell/tabs.ts";
import type { Shell, View } from "./shell/view.ts";

/** Each view loads when it is first shown. */
const VIEWS = {
  see: async (shell: Shell) => (await import("./see/view.ts")).openSee(shell),
  measure: async (shell: Shell) => (await import("./measure/view.ts")).openMeasure(shell),
  train: async (shell: Shell) => (await import("./train/view.ts")).openTrain(shell),
} as const;

type Name = keyof typeof VIEWS;

const device = new SharedDevice();
const loaded = new Map<Name, Promise<View>>();
/** What each view last had in the address. */
const settings = new Map<Name, URLSearchParams>();
let shown: Name | null = null;

/** The view that an address names. The command that runs the page headlessly asks for a run, which is Measure's. */
function named(view: string): Name {
  if (Object.hasOwn(VIEWS, view)) return view as Name;
  return new URLSearchParams(location.search).has("run") ? "measure" : "see";
}

function load(name: Name): Promise<View> {
  let view = loaded.get(name);
  if (!view) {
    const remember = (params: URLSearchParams): void => {
      settings.set(name, params);
      if (shown === name) history.replaceState(null, "", writeAddress({ view: name, params }));
    };
    loaded.set(name, (view = VIEWS[name]({ device, remember })));
  }
  return view;
}

/** Shows the view that the address names, with its settings. */
function follow(): void {
  const { view, params } = readAddress(location.hash);
  const name = named(view);
  const before = shown;
  shown = name;
  tabs.show(name);
  settings.set(name, params);
  if (before && before !== name) void load(before).then((one) => one.close(), unloaded);
  void load(name).then((one) => shown === name && one.open(settings.get(name)!), unloaded);
}

/** A view whose files did not arrive, as after the site was replaced under an open page. */
function unloaded(error: unknown): void {
  element("notice").hidden = false;
  element("notice-text").textContent = `A part of this page could not be loaded (${error instanceof Error ? error.message : String(error)}). Reload the page.`;
}

const tabs = new Tabs(element("tabs"), (name) => {
  if (name === shown) return;
  history.pushState(null, "", writeAddress({ view: name, params: settings.get(name as Name) ?? new URLSearchParams() }));
  follow();
});

showDevice(device, {
  chip: element("device"),
  notice: element("notice"),
  text: element("notice-text"),
  restart: element("restart"),
  close: element("dismiss"),
});
void device.open();
addEventListener("popstate", follow);
follow();
