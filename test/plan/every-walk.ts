import {
  ANY,
  CHANNEL_GRADIENTS,
  CHANNELS,
  FEATURE_GRADIENTS,
  FEATURES,
  ROW_GRADIENTS,
  SAMPLES,
  type BackwardWalks,
  type ForwardWalks,
} from "../../src/plan/walks.ts";

/** All that layers bring, in one set. */
export const EVERY_WALK: ForwardWalks = { ...FEATURES, ...ANY, ...SAMPLES, name: "every" };

/** The walks of a layer's backward calls, by those of its forward calls. */
export function gradientsOf(walks: ForwardWalks): BackwardWalks {
  if (walks === CHANNELS) return CHANNEL_GRADIENTS;
  return walks === FEATURES || walks === ANY ? FEATURE_GRADIENTS : ROW_GRADIENTS;
}
