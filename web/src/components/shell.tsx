/** What surrounds every page: navigation, the live mark, and the banner when the live connection is lost. */
import { Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { type ReactElement, type ReactNode, useEffect, useRef } from "react";
import { Link, NavLink, useLocation } from "react-router";
import { formatDuration } from "../format.ts";
import { useLiveEvents, useLiveState, useNow, useQuery, useThrottled } from "../live.tsx";
import type { Overview } from "../shapes.ts";
import { Glyph } from "./glyph.tsx";
import { Icon, type IconName } from "./icons.tsx";
import mark from "../favicon.svg";

interface Place {
  readonly to: string;
  readonly word: string;
  readonly icon: IconName;
}

const mainPlaces: readonly Place[] = [
  { to: "/", word: "Stations", icon: "stations" },
  { to: "/sessions", word: "Sessions", icon: "sessions" },
  { to: "/alerts", word: "Alerts", icon: "alerts" },
  { to: "/commands", word: "Commands", icon: "commands" },
];
const otherPlaces: readonly Place[] = [
  { to: "/reservations", word: "Reservations", icon: "reservations" },
  { to: "/campaigns", word: "Campaigns", icon: "campaigns" },
  { to: "/locations", word: "Locations", icon: "locations" },
  { to: "/tokens", word: "Tokens", icon: "tokens" },
  { to: "/templates", word: "Templates", icon: "templates" },
  { to: "/webhooks", word: "Webhooks", icon: "webhooks" },
];
const schemes = [
  { scheme: "auto", word: "Follow the system", icon: "auto" },
  { scheme: "light", word: "Light", icon: "sun" },
  { scheme: "dark", word: "Dark", icon: "moon" },
] as const;

/** The live connection may blink during a restart; only a longer gap is worth a banner. */
const bannerAfterMs = 1_500;

export function Shell(props: { onSignOut: () => void; children: ReactNode }): ReactElement {
  const { onSignOut, children } = props;
  const isNarrow = useMediaQuery("(max-width: 760px)", false, { getInitialValueInEffect: false });
  const openAlerts = useOpenAlerts();
  const main = useFocusOnNavigation();
  return (
    <div className="shell">
      <a className="skip" href="#main" onClick={() => main.current?.focus()}>Skip to the page</a>
      {isNarrow
        ? <TabBar openAlerts={openAlerts} onSignOut={onSignOut} />
        : <Sidebar openAlerts={openAlerts} onSignOut={onSignOut} />}
      <main id="main" className="shell-main" tabIndex={-1} ref={main}>
        <LostBanner />
        {children}
      </main>
    </div>
  );
}

/** After a change of page the keyboard goes on in the page, not in the menu. */
function useFocusOnNavigation(): { readonly current: HTMLElement | null } {
  const main = useRef<HTMLElement>(null);
  const { pathname } = useLocation();
  const before = useRef(pathname);
  useEffect(() => {
    if (before.current === pathname) return;
    before.current = pathname;
    main.current?.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }, [pathname]);
  return main;
}

function useOpenAlerts(): number {
  const overview = useQuery<Overview>("/overview");
  const reload = useThrottled(overview.reload, 2_000);
  useLiveEvents((events) => {
    if (events.some((event) => event.kind === "alert")) reload();
  });
  return overview.value?.openAlerts ?? 0;
}

function Sidebar(
  { openAlerts, onSignOut }: { openAlerts: number; onSignOut: () => void },
): ReactElement {
  return (
    <nav className="shell-side" aria-label="Main">
      <Link className="brand" to="/">
        <img src={mark} alt="" /> Statewatt
      </Link>
      {[...mainPlaces, ...otherPlaces].map((place) => (
        <NavLink key={place.to} className="nav-link" to={place.to} end={place.to === "/"}>
          <Icon name={place.icon} /> {place.word}
          {place.to === "/alerts" ? <AlertCount count={openAlerts} /> : null}
        </NavLink>
      ))}
      <div className="shell-foot">
        <LiveMark />
        <SettingsMenu onSignOut={onSignOut}>
          <UnstyledButton className="nav-link">
            <Icon name="more" /> More
          </UnstyledButton>
        </SettingsMenu>
      </div>
    </nav>
  );
}

function TabBar(
  { openAlerts, onSignOut }: { openAlerts: number; onSignOut: () => void },
): ReactElement {
  return (
    <nav className="tab-bar" aria-label="Main">
      {mainPlaces.map((place) => (
        <NavLink key={place.to} className="tab-link" to={place.to} end={place.to === "/"}>
          <Icon name={place.icon} size={20} /> {place.word}
          {place.to === "/alerts" ? <AlertCount count={openAlerts} /> : null}
        </NavLink>
      ))}
      <SettingsMenu onSignOut={onSignOut} places={otherPlaces}>
        <button type="button" className="tab-link">
          <Icon name="more" size={20} /> More
        </button>
      </SettingsMenu>
    </nav>
  );
}

function AlertCount({ count }: { count: number }): ReactElement | null {
  if (count === 0) return null;
  return (
    <span className="nav-count" aria-label={`${count} open`}>{count > 99 ? "99+" : count}</span>
  );
}

interface SettingsMenuProps {
  readonly onSignOut: () => void;
  readonly places?: readonly Place[];
  readonly children: ReactElement;
}

function SettingsMenu({ onSignOut, places = [], children }: SettingsMenuProps): ReactElement {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Menu position="top-start" width={210} shadow="md">
      <Menu.Target>{children}</Menu.Target>
      <Menu.Dropdown>
        {places.map((place) => (
          <Menu.Item
            key={place.to}
            component={Link}
            to={place.to}
            leftSection={<Icon name={place.icon} size={16} />}
          >
            {place.word}
          </Menu.Item>
        ))}
        <Menu.Label>Appearance</Menu.Label>
        {schemes.map(({ scheme, word, icon }) => (
          <Menu.Item
            key={scheme}
            leftSection={<Icon name={icon} size={16} />}
            rightSection={colorScheme === scheme ? <Glyph shape="check" /> : null}
            onClick={() => setColorScheme(scheme)}
          >
            {word}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<Icon name="signOut" size={16} />} onClick={onSignOut}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

const phaseWords = { live: "Live", connecting: "Connecting", lost: "Not live" } as const;

function LiveMark(): ReactElement {
  const { phase } = useLiveState();
  return (
    <div className="live-mark" role="status">
      <span className="live-dot" data-phase={phase} /> {phaseWords[phase]}
    </div>
  );
}

function LostBanner(): ReactElement | null {
  const { phase, since } = useLiveState();
  const now = useNow();
  if (phase !== "lost" || now - since < bannerAfterMs) return null;
  return (
    <div className="lost-banner" role="alert">
      <Glyph shape="triangle" />
      <span>
        The live connection is lost. What you see is {formatDuration(now - since)}{" "}
        old; connecting again.
      </span>
    </div>
  );
}
