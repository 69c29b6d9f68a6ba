import { Button } from "@mantine/core";
import type { ReactElement, ReactNode } from "react";

interface FormProps {
  readonly onSubmit: () => unknown;
  readonly children: ReactNode;
}

/** A form that stays on its page. */
export function Form({ onSubmit, children }: FormProps): ReactElement {
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}

interface FormEndProps {
  readonly onClose: () => void;
  readonly busy: boolean;
  /** What the form does: `Save`. */
  readonly word: string;
  readonly disabled?: boolean;
  readonly danger?: boolean;
}

/** The two ways out of a dialog. */
export function FormEnd(props: FormEndProps): ReactElement {
  const { onClose, busy, word, disabled = false, danger = false } = props;
  return (
    <div className="row" style={{ justifyContent: "flex-end" }}>
      <Button variant="default" size="sm" onClick={onClose}>Cancel</Button>
      <Button
        type="submit"
        size="sm"
        loading={busy}
        disabled={disabled}
        {...(danger ? { color: "red" } : {})}
      >
        {word}
      </Button>
    </div>
  );
}
