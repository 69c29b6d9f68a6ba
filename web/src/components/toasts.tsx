/** Short notes at the edge of the screen that go by themselves; screen readers hear them. */
import { CloseButton } from "@mantine/core";
import {
  createContext,
  type ReactElement,
  type ReactNode,
  useCallback,
  useContext,
  useRef,
  useState,
} from "react";
import { messageOf } from "../api.ts";
import type { Look } from "../status.ts";
import { Glyph } from "./glyph.tsx";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly look: Pick<Look, "tone" | "shape">;
}

export interface Toasts {
  done(text: string): void;
  failed(thrown: unknown): void;
}

const shownMs = 6_000;
const ToastContext = createContext<Toasts>({ done: () => {}, failed: () => {} });

export function useToasts(): Toasts {
  return useContext(ToastContext);
}

export function ToastProvider({ children }: { children: ReactNode }): ReactElement {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const counter = useRef(0);
  const drop = useCallback((id: number) => {
    setToasts((before) => before.filter((toast) => toast.id !== id));
  }, []);
  const show = useCallback((text: string, look: Toast["look"], milliseconds: number) => {
    const id = ++counter.current;
    setToasts((before) => [...before.slice(-3), { id, text, look }]);
    setTimeout(() => drop(id), milliseconds);
  }, [drop]);
  const value = useRef<Toasts>({
    done: (text) => show(text, { tone: "available", shape: "check" }, shownMs),
    failed: (thrown) =>
      show(messageOf(thrown), { tone: "faulted", shape: "triangle" }, 2 * shownMs),
  });
  return (
    <ToastContext value={value.current}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <div key={toast.id} className="toast" data-tone={toast.look.tone}>
            <Glyph shape={toast.look.shape} />
            <span style={{ flex: 1 }}>{toast.text}</span>
            <CloseButton size="xs" aria-label="Close this note" onClick={() => drop(toast.id)} />
          </div>
        ))}
      </div>
    </ToastContext>
  );
}

/** Runs something that may fail, shows why it did, and tells whether it is under way. */
export function useAction(): {
  busy: boolean;
  run: (work: () => Promise<void>) => Promise<boolean>;
} {
  const toasts = useToasts();
  const [busy, setBusy] = useState(false);
  const run = async (work: () => Promise<void>): Promise<boolean> => {
    setBusy(true);
    try {
      await work();
      return true;
    } catch (thrown) {
      toasts.failed(thrown);
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { busy, run };
}
