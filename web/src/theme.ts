import { createTheme, type MantineThemeOverride } from "@mantine/core";

export const theme: MantineThemeOverride = createTheme({
  primaryColor: "volt",
  primaryShade: { light: 6, dark: 5 },
  autoContrast: true,
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "auto",
  fontFamily:
    '-apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, "DejaVu Sans Mono", monospace',
  colors: {
    volt: [
      "#eef3ff",
      "#dbe4ff",
      "#b9c9ff",
      "#93abff",
      "#7090fb",
      "#4c74f4",
      "#2f5bea",
      "#234bd0",
      "#1b3dab",
      "#152f84",
    ],
    // A blue slate instead of neutral grey: 7 is the page, 6 a control, 4 a border, 0 text.
    dark: [
      "#e3e8f1",
      "#b7c0cf",
      "#94a0b3",
      "#66738a",
      "#2d394c",
      "#222c3c",
      "#172030",
      "#121925",
      "#0b1018",
      "#070b11",
    ],
  },
  components: {
    Button: { defaultProps: { size: "xs" } },
    TextInput: { defaultProps: { size: "sm" } },
    Modal: { defaultProps: { centered: true, overlayProps: { backgroundOpacity: 0.45, blur: 2 } } },
    Tooltip: { defaultProps: { openDelay: 250, withArrow: true } },
  },
});
