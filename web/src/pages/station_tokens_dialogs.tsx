import { Modal, SegmentedControl, Textarea, TextInput } from "@mantine/core";
import { type ReactElement, useEffect, useState } from "react";
import type { LocalList } from "#schemas/rest/local_list.ts";
import { segment } from "../api.ts";
import { Form, FormEnd } from "../components/form.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi } from "../live.tsx";
import { uidsIn } from "../local_list_words.ts";
import type { Station } from "../shapes.ts";

interface DialogProps {
  readonly station: Station;
  readonly opened: boolean;
  readonly onClose: () => void;
  readonly onChanged: (list: LocalList) => void;
}

/** Tokens by their uids alone: what else the station has to know is taken from our tokens. */
export function AddTokens({ station, opened, onClose, onChanged }: DialogProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [text, setText] = useState("");
  const uids = uidsIn(text);
  const add = async (): Promise<void> => {
    const done = await run(async () => {
      const path = `/stations/${segment(station.id)}/local-list`;
      onChanged(await api.patch<LocalList>(path, { set: uids }));
      toasts.done(`${uids.length === 1 ? "The token is" : "The tokens are"} on the list`);
    });
    if (!done) return;
    setText("");
    onClose();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={`Tokens on ${station.id}`}>
      <Form onSubmit={add}>
        <Textarea
          label="Uids"
          description="One per line. Status, group and end are taken from your tokens."
          autosize
          minRows={4}
          maxRows={12}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
          data-autofocus
        />
        <FormEnd
          onClose={onClose}
          busy={busy}
          word={uids.length > 1 ? `Add ${uids.length} tokens` : "Add the token"}
          disabled={uids.length === 0}
        />
      </Form>
    </Modal>
  );
}

const ways = [
  { value: "hand", label: "By hand" },
  { value: "all", label: "All tokens" },
  { value: "group", label: "A group" },
] as const;
type Way = typeof ways[number]["value"];

const explanations: Readonly<Record<Way, string>> = {
  hand: "The list keeps the tokens that it has now; you add and remove them here.",
  all: "The list becomes all your tokens, and follows their changes within a minute.",
  group: "The list becomes the tokens of one group, and follows their changes within a minute.",
};

function wayOf(followed: LocalList["followTokens"] | undefined): Way {
  if (followed === undefined || followed === false) return "hand";
  return followed === true ? "all" : "group";
}

export function FollowTokens(
  { station, list, opened, onClose, onChanged }: DialogProps & {
    readonly list: LocalList | undefined;
  },
): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const [way, setWay] = useState<Way>("hand");
  const [groupId, setGroupId] = useState("");
  useEffect(() => {
    if (!opened) return;
    const followed = list?.followTokens;
    setWay(wayOf(followed));
    if (typeof followed === "object") setGroupId(followed.groupId);
    // Only when it opens: what is typed then is the operator's.
  }, [opened]);
  const save = async (): Promise<void> => {
    const done = await run(async () => {
      const path = `/stations/${segment(station.id)}/local-list`;
      onChanged(await api.put<LocalList>(path, bodyOf(way, groupId, list)));
      toasts.done("The whole list is on its way");
    });
    if (done) onClose();
  };
  return (
    <Modal opened={opened} onClose={onClose} title={`What ${station.id} shall know`}>
      <Form onSubmit={save}>
        <SegmentedControl
          aria-label="How the list is kept"
          fullWidth
          data={[...ways]}
          value={way}
          onChange={(value) => setWay(ways.find((each) => each.value === value)?.value ?? "hand")}
        />
        <p className="advice">{explanations[way]}</p>
        {way === "group"
          ? (
            <TextInput
              label="Group"
              value={groupId}
              onChange={(event) => setGroupId(event.currentTarget.value)}
              maxLength={255}
              required
              withAsterisk={false}
            />
          )
          : null}
        <FormEnd
          onClose={onClose}
          busy={busy}
          word="Send the list"
          disabled={way === "group" && groupId.trim() === ""}
        />
      </Form>
    </Modal>
  );
}

function bodyOf(way: Way, groupId: string, list: LocalList | undefined): object {
  if (way === "all") return { followTokens: true };
  if (way === "group") return { followTokens: { groupId: groupId.trim() } };
  const entries = (list?.entries ?? []).map(({ idToken, status, expiresAt, groupId: group }) => ({
    idToken,
    status,
    expiresAt: expiresAt ?? null,
    groupId: group ?? null,
  }));
  return { entries };
}
