/** The console's front door: who may come in, and which page stands at which address. */
import { MantineProvider } from "@mantine/core";
import { type ReactElement, useCallback, useState } from "react";
import { BrowserRouter, Link, Route, Routes } from "react-router";
import { Empty, PageHead } from "./components/page.tsx";
import { Shell } from "./components/shell.tsx";
import { ToastProvider } from "./components/toasts.tsx";
import { PlatformProvider } from "./live.tsx";
import { forgetKey, loadKey, storeKey } from "./operator_key.ts";
import { AlertsPage } from "./pages/alerts.tsx";
import { CampaignPage } from "./pages/campaign.tsx";
import { CampaignNewPage } from "./pages/campaign_new.tsx";
import { CampaignsPage } from "./pages/campaigns.tsx";
import { CommandsPage } from "./pages/commands.tsx";
import { LocationsPage } from "./pages/locations.tsx";
import { ReservationsPage } from "./pages/reservations.tsx";
import { SessionPage } from "./pages/session.tsx";
import { SessionsPage } from "./pages/sessions.tsx";
import { SignIn } from "./pages/sign_in.tsx";
import { StationPage } from "./pages/station.tsx";
import { StationsPage } from "./pages/stations.tsx";
import { TemplatesPage } from "./pages/templates.tsx";
import { TokensPage } from "./pages/tokens.tsx";
import { WebhookPage } from "./pages/webhook.tsx";
import { WebhooksPage } from "./pages/webhooks.tsx";
import { theme } from "./theme.ts";

export function App(): ReactElement {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <Gate />
    </MantineProvider>
  );
}

function Gate(): ReactElement {
  const [key, setKey] = useState(loadKey);
  const [wasRefused, setWasRefused] = useState(false);
  const leave = useCallback((refused: boolean) => {
    forgetKey();
    setKey(null);
    setWasRefused(refused);
  }, []);
  const onRefused = useCallback(() => leave(true), [leave]);
  const onSignOut = useCallback(() => leave(false), [leave]);
  const onSignIn = (given: string): void => {
    storeKey(given);
    setWasRefused(false);
    setKey(given);
  };
  if (key === null) return <SignIn wasRefused={wasRefused} onSignIn={onSignIn} />;
  return (
    <PlatformProvider operatorKey={key} onRefused={onRefused}>
      <ToastProvider>
        <BrowserRouter>
          <Shell onSignOut={onSignOut}>
            <Pages />
          </Shell>
        </BrowserRouter>
      </ToastProvider>
    </PlatformProvider>
  );
}

function Pages(): ReactElement {
  return (
    <Routes>
      <Route path="/" element={<StationsPage />} />
      <Route path="/stations/:id" element={<StationPage />} />
      <Route path="/sessions" element={<SessionsPage />} />
      <Route path="/sessions/:id" element={<SessionPage />} />
      <Route path="/alerts" element={<AlertsPage />} />
      <Route path="/locations" element={<LocationsPage />} />
      <Route path="/reservations" element={<ReservationsPage />} />
      <Route path="/templates" element={<TemplatesPage />} />
      <Route path="/tokens" element={<TokensPage />} />
      <Route path="/commands" element={<CommandsPage />} />
      <Route path="/campaigns" element={<CampaignsPage />} />
      <Route path="/campaigns/new" element={<CampaignNewPage />} />
      <Route path="/campaigns/:id" element={<CampaignPage />} />
      <Route path="/webhooks" element={<WebhooksPage />} />
      <Route path="/webhooks/:id" element={<WebhookPage />} />
      <Route path="*" element={<NoSuchPage />} />
    </Routes>
  );
}

function NoSuchPage(): ReactElement {
  return (
    <>
      <PageHead title="No such page" />
      <Empty title="There is nothing at this address">
        <p>
          Go to the <Link to="/">stations</Link>, or choose a page from the menu.
        </p>
      </Empty>
    </>
  );
}
