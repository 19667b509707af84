/** The Dash component: React owns one element, `PlanView` everything inside it. */
import type * as ReactNamespace from "react";
import { PlanView } from "./planview";
import type { PlanMapProps } from "./types";

declare global {
  interface Window {
    React: typeof ReactNamespace;
  }
}

const React = window.React;

interface MapElement extends HTMLDivElement {
  planView?: PlanView;
}

export function PlanMap(props: PlanMapProps) {
  const element = React.useRef<MapElement>(null);
  const latest = React.useRef(props);
  latest.current = props;
  const [fault, setFault] = React.useState("");

  React.useEffect(() => {
    const container = element.current;
    if (!container) return undefined;
    let view: PlanView;
    try {
      view = new PlanView(container, latest.current, (cell) => latest.current.setProps({ selected: cell }));
    } catch {
      setFault(latest.current.labels.noWebgl);
      return undefined;
    }
    container.planView = view;
    const watcher = new ResizeObserver(() => view.resize());
    watcher.observe(container);
    return () => {
      watcher.disconnect();
      view.remove();
      delete container.planView;
    };
  }, []);

  React.useEffect(() => element.current?.planView?.update(props));

  return React.createElement(
    "div",
    { id: props.id, className: `plan-map ${props.className ?? ""}` },
    React.createElement("div", {
      ref: element,
      className: "plan-map-canvas",
      role: "region",
      "aria-label": props.labels.map,
    }),
    fault ? React.createElement("p", { className: "plan-map-fault", role: "alert" }, fault) : null,
  );
}
