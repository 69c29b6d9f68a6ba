import { Button, Modal } from "@mantine/core";
import { type ReactElement, useCallback, useState } from "react";
import { useSearchParams } from "react-router";
import type { ConfigurationTemplate } from "#schemas/rest/device_model.ts";
import { segment } from "../api.ts";
import { DataTable } from "../components/data_table.tsx";
import { Icon } from "../components/icons.tsx";
import { ListCard, usePagedList } from "../components/list_card.tsx";
import { Empty, PageHead, ProblemNote } from "../components/page.tsx";
import { useAction, useToasts } from "../components/toasts.tsx";
import { useApi, useQuery } from "../live.tsx";
import { wordOfIntended, wordsOfMatch } from "../template_words.ts";
import { TemplateForm } from "./template_form.tsx";

const heads = ["Template", "For", "Sets", { word: "Actions", isHidden: true }];
/** The form shows the others. */
const shownMax = 3;

export function TemplatesPage(): ReactElement {
  const list = usePagedList<ConfigurationTemplate>("/configuration-templates?limit=50");
  const [isAdding, setIsAdding] = useState(false);
  const [removing, setRemoving] = useState<ConfigurationTemplate>();
  const [params, setParams] = useSearchParams();
  // The address names what is edited, so that a station's page can lead here.
  const editedId = params.get("template");
  const { reload } = list.query;
  const close = useCallback(() => {
    setIsAdding(false);
    setRemoving(undefined);
    setParams({}, { replace: true });
  }, [setParams]);
  return (
    <>
      <PageHead
        title="Configuration templates"
        actions={
          <Button
            leftSection={<Icon name="plus" size={15} />}
            onClick={() => setIsAdding(true)}
          >
            Add a template
          </Button>
        }
      />
      <ListCard list={list} word="templates" empty={<NoTemplates />}>
        <DataTable heads={heads} items={list.items}>
          {(template) => (
            <TemplateRow
              key={template.id}
              template={template}
              onEdit={() => setParams({ template: template.id })}
              onRemove={() => setRemoving(template)}
            />
          )}
        </DataTable>
      </ListCard>
      <Modal
        opened={isAdding || editedId !== null}
        onClose={close}
        title={isAdding ? "Add a template" : "Edit the template"}
        size={760}
      >
        {isAdding
          ? <TemplateForm template={undefined} onClose={close} onSaved={reload} />
          : editedId === null
          ? null
          : <Edited key={editedId} id={editedId} onClose={close} onSaved={reload} />}
      </Modal>
      <Modal opened={removing !== undefined} onClose={close} title="Remove the template?">
        {removing === undefined
          ? null
          : <RemoveForm template={removing} onClose={close} onRemoved={reload} />}
      </Modal>
    </>
  );
}

function NoTemplates(): ReactElement {
  return (
    <Empty title="No template yet">
      <p>
        A template says how all stations of a vendor, a model, a firmware or a tag are to be set. A
        station that differs opens an alert, and can be sent what differs.
      </p>
    </Empty>
  );
}

interface RowProps {
  readonly template: ConfigurationTemplate;
  readonly onEdit: () => void;
  readonly onRemove: () => void;
}

function TemplateRow({ template, onEdit, onRemove }: RowProps): ReactElement {
  const { id, description, variables } = template;
  const matches = wordsOfMatch(template);
  const more = variables.length - shownMax;
  return (
    <tr>
      <td data-wide="true" style={{ overflowWrap: "anywhere" }}>
        <b style={{ fontWeight: 600 }}>{id}</b>
        {description === "" ? null : <div className="soft small">{description}</div>}
      </td>
      <td data-wide="true">
        <span className="template-match">
          {matches.length === 0
            ? "Every station"
            : matches.map((word) => <span key={word} className="tag">{word}</span>)}
        </span>
      </td>
      <td data-wide="true">
        <ul className="template-values">
          {variables.slice(0, shownMax).map(wordOfIntended).map((word) => <li key={word}>{word}
          </li>)}
          {more > 0 ? <li className="soft">and {more} more</li> : null}
        </ul>
      </td>
      <td data-push="true">
        <span className="row" style={{ justifyContent: "flex-end", flexWrap: "nowrap" }}>
          <Button variant="subtle" aria-label={`Remove ${id}`} onClick={onRemove}>Remove</Button>
          <Button variant="default" aria-label={`Edit ${id}`} onClick={onEdit}>Edit</Button>
        </span>
      </td>
    </tr>
  );
}

interface EditedProps {
  readonly id: string;
  readonly onClose: () => void;
  readonly onSaved: () => void;
}

/** As it is now: the list may be old, or not reach that far. */
function Edited({ id, onClose, onSaved }: EditedProps): ReactElement | null {
  const { value, error, reload } = useQuery<ConfigurationTemplate>(
    `/configuration-templates/${segment(id)}`,
  );
  if (value !== undefined) {
    return <TemplateForm template={value} onClose={onClose} onSaved={onSaved} />;
  }
  if (error === undefined) return null;
  return error.status === 404
    ? <ProblemNote error={`There is no template ${id}: it may have been removed.`} />
    : <ProblemNote error={error} onRetry={reload} />;
}

interface RemoveProps {
  readonly template: ConfigurationTemplate;
  readonly onClose: () => void;
  readonly onRemoved: () => void;
}

function RemoveForm({ template: { id }, onClose, onRemoved }: RemoveProps): ReactElement {
  const api = useApi();
  const toasts = useToasts();
  const { busy, run } = useAction();
  const remove = async (): Promise<void> => {
    const done = await run(async () => {
      await api.remove(`/configuration-templates/${segment(id)}`);
      toasts.done(`${id} is removed`);
      onRemoved();
    });
    if (done) onClose();
  };
  return (
    <div className="form">
      <p style={{ margin: 0, overflowWrap: "anywhere" }}>
        Stations keep what {id} set them to, and no longer open an alert when that changes.
      </p>
      <div className="row" style={{ justifyContent: "flex-end" }}>
        <Button variant="default" size="sm" onClick={onClose}>Cancel</Button>
        <Button color="red" size="sm" loading={busy} onClick={() => void remove()}>Remove</Button>
      </div>
    </div>
  );
}
