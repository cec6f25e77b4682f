let probe: HTMLElement | null = null;

/** A colour of the page's style sheet as it is now, light or dark, in a form that canvases and files take. @param name of the custom property, without its dashes */
export function colourOf(name: string): string {
  if (!probe) {
    probe = document.createElement("i");
    probe.hidden = true;
    document.body.append(probe);
  }
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}
