import { Button, PasswordInput } from "@mantine/core";
import { type ReactElement, useState } from "react";
import { Api, messageOf } from "../api.ts";
import { ProblemNote } from "../components/page.tsx";
import mark from "../favicon.svg";

interface SignInProps {
  readonly wasRefused: boolean;
  readonly onSignIn: (key: string) => void;
}

/** Asks for the operator key and tries it before it lets anyone in. */
export function SignIn({ wasRefused, onSignIn }: SignInProps): ReactElement {
  const [key, setKey] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState(wasRefused ? refused : "");
  const tryKey = async (): Promise<void> => {
    setBusy(true);
    let isRefused = false;
    const api = new Api({ key: key.trim(), onRefused: () => isRefused = true });
    try {
      await api.get("/overview");
      onSignIn(key.trim());
    } catch (thrown) {
      setProblem(isRefused ? refused : messageOf(thrown));
      setBusy(false);
    }
  };
  return (
    <main className="sign-in">
      <form
        className="card sign-in-card"
        onSubmit={(event) => {
          event.preventDefault();
          void tryKey();
        }}
      >
        <div className="card-body form" style={{ padding: 24 }}>
          <div className="brand" style={{ padding: 0 }}>
            <img src={mark} alt="" /> Statewatt
          </div>
          <PasswordInput
            label="Operator key"
            description="Kept in .data/operator.key on the machine that runs the platform."
            value={key}
            onChange={(event) => setKey(event.currentTarget.value)}
            autoFocus
            required
            withAsterisk={false}
            autoComplete="current-password"
          />
          {problem === "" ? null : <ProblemNote error={problem} />}
          <Button type="submit" size="sm" loading={busy} disabled={key.trim() === ""}>
            Sign in
          </Button>
        </div>
      </form>
    </main>
  );
}

const refused =
  "The platform refused this key. Look into .data/operator.key, or at OPERATOR_API_KEY.";
