/** The Dash component of the editor. Its script is loaded when the first editor is shown. */
import type { Editor } from "./editor/editor";
import type { EditorProps } from "./editor/props";

const React = window.React;
const script = document.currentScript as HTMLScriptElement | null;

interface EditorScript {
  Editor: typeof Editor;
}

interface EditorElement extends HTMLDivElement {
  editor?: Editor;
}

declare global {
  interface Window {
    gridmapEditor?: EditorScript;
  }
}

let loading: Promise<EditorScript> | null = null;

function editorScript(): Promise<EditorScript> {
  loading ??= new Promise((resolve, reject) => {
    const added = document.createElement("script");
    added.src = new URL("gridmap_editor.min.js", script?.src ?? window.location.href).href;
    added.onload = () => resolve(window.gridmapEditor!);
    added.onerror = () => {
      loading = null;
      reject(new Error(added.src));
    };
    document.head.append(added);
  });
  return loading;
}

export function MapEditor(props: EditorProps) {
  const element = React.useRef<EditorElement>(null);
  const latest = React.useRef(props);
  latest.current = props;
  const [fault, setFault] = React.useState("");

  React.useEffect(() => {
    const container = element.current;
    if (!container) return undefined;
    let gone = false;
    const begin = ({ Editor: Made }: EditorScript) => {
      if (gone) return;
      const given = { ...latest.current, setProps: (changed: { selected: number | null }) => latest.current.setProps(changed) };
      container.editor = new Made(container, given);
      watcher.observe(container);
      void container.editor.start();
    };
    const watcher = new ResizeObserver(() => container.editor?.view.map.resize());
    editorScript()
      .then(begin)
      .catch(() => setFault(latest.current.labels["no_webgl"] ?? ""));
    return () => {
      gone = true;
      watcher.disconnect();
      container.editor?.remove();
      delete container.editor;
    };
    // another draft or language is another editor
  }, [props.base, props.language]);

  React.useEffect(() => {
    const given = { ...props, setProps: (changed: { selected: number | null }) => latest.current.setProps(changed) };
    element.current?.editor?.update(given);
  });

  return React.createElement(
    "div",
    { id: props.id, className: `map-editor ${props.className ?? ""}` },
    React.createElement("div", { ref: element, className: "map-editor-place", key: `${props.base}|${props.language}` }),
    fault ? React.createElement("p", { className: "plan-map-fault", role: "alert" }, fault) : null,
  );
}
