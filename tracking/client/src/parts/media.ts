// The part "media": how much of a video or an audio is played, in the page itself, by YouTube and by Vimeo.
import type { Core, Properties, Trigger } from "../types";
import { register } from "../registered";

interface Given {
  trigger: Trigger;
  fire(trigger: Trigger, told: Properties, element: Element, apart: unknown, name: string): void;
  /** For each page after this one. */
  paged(work: () => void): void;
}
interface Play {
  left_: number[][];
  title_?: string;
  /** Seconds in all. */
  whole_?: number;
  state_?: number;
}

const givens: Given[] = [];
let plays = new Map<Element, Play>();
const playOf = (element: Element): Play => {
  const play = plays.get(element) || { left_: [] };
  plays.set(element, play);
  return play;
};

const progress = (element: any, provider: string, hasEnded: boolean, share: number) => {
  const { left_, title_ } = playOf(element);
  // The end is said; what comes close to it is only close.
  const reached = hasEnded ? 100 : Math.min(share * 100 || 0, 99.9);
  const video_url = (element.currentSrc || element.src).split(/[?#]/)[0];
  givens.forEach(({ trigger, fire }, place) => {
    const { event, params } = trigger;
    // With a name of its own a trigger tells only what was asked for, and not the beginning.
    const percents = left_[place] || (event ? [] : [0]).concat(params.percents as number[]);
    left_[place] = percents.filter((video_percent) => {
      if (video_percent > reached) return true;
      const name = event || `video_${video_percent ? (video_percent < 100 ? "progress" : "complete") : "start"}`;
      const video_title = title_ || element.title || undefined;
      const told = { video_provider: provider, video_title, video_percent, video_url };
      fire(trigger, told, element, video_percent + video_url, name);
    });
  });
};

const ofPage = ({ type, target }: any) => {
  // A picture that moves is no video.
  if (/^(VIDEO|AUDIO)$/.test(target.tagName) && (!target.loop || !target.muted || target.controls))
    progress(target, "html5", type === "ended", target.currentTime / target.duration);
};

// ---- players in frames: asked to tell, they tell in messages ----
const VIMEO = /^https:\/\/player\.vimeo\.com\/video\//;
const YOUTUBE = /^https:\/\/www\.youtube(-nocookie)?\.com\/embed\//;
const TOLD = ["play", "timeupdate", "ended"];

const ask = (frame: HTMLIFrameElement) => {
  const say = (message: object) => (frame.contentWindow as Window).postMessage(JSON.stringify(message), "*");
  if (YOUTUBE.test(frame.src)) return say({ event: "listening", id: 1, channel: "widget" });
  say({ method: "getVideoTitle" });
  TOLD.forEach((value) => say({ method: "addEventListener", value }));
};

const ofYoutube = (frame: Element, { info }: any) => {
  const play = playOf(frame);
  const { videoData, duration, playerState, currentTime } = Object(info);
  if (videoData) play.title_ = videoData.title;
  play.whole_ = duration || play.whole_;
  // 1: it plays, 0: it has ended; before that, nothing has begun.
  play.state_ = playerState === 1 || playerState === 0 ? playerState : play.state_;
  if (play.state_ !== undefined) progress(frame, "youtube", play.state_ === 0, currentTime / (play.whole_ as number));
};

const ofVimeo = (frame: HTMLIFrameElement, { event, method, value, data }: any) => {
  if (event === "ready") ask(frame);
  if (method === "getVideoTitle") playOf(frame).title_ = value;
  if (TOLD.includes(event)) progress(frame, "vimeo", event === "ended", Object(data).percent);
};

register("media", (core: Core, given: Given) => {
  if (givens.push(given) > 1) return;
  const frames = new Set<HTMLIFrameElement>();
  // They do not bubble.
  TOLD.forEach((type) => document.addEventListener(type, core.quietly(ofPage), true));
  core.each("iframe", (element) => {
    const frame = element as HTMLIFrameElement;
    const { src } = frame;
    if (!YOUTUBE.test(src) && !VIMEO.test(src)) return;
    frames.add(frame);
    frame.addEventListener("load", () => core.quietly(ask)(frame));
    // YouTube tells only of players that were made with this. In place, so that the back button stays what it was.
    if (YOUTUBE.test(src) && !/enablejsapi=1/.test(src))
      (frame.contentWindow as Window).location.replace(`${src}${src.includes("?") ? "&" : "?"}enablejsapi=1`);
    else ask(frame);
  });
  const hear = ({ source, data }: MessageEvent) =>
    frames.forEach((frame) => {
      if (frame.contentWindow === source)
        (YOUTUBE.test(frame.src) ? ofYoutube : ofVimeo)(frame, typeof data === "string" ? JSON.parse(data) : data);
    });
  addEventListener("message", core.quietly(hear));
  given.paged(() => {
    plays = new Map();
  });
});
