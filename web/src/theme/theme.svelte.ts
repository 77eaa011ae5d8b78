/** Light or dark: as the system says, or as it was switched. Kept in the browser, where that is allowed. */

export type Theme = 'system' | 'light' | 'dark'
export type Editor = 'vscode' | 'cursor' | 'pycharm' | 'none'

const KEY = 'clearway'
const THEMES: readonly Theme[] = ['system', 'light', 'dark']
const EDITORS: readonly Editor[] = ['vscode', 'cursor', 'pycharm', 'none']

/** What a reader has chosen. */
export class Preferences {
  theme = $state<Theme>('system')
  editor = $state<Editor>('vscode')
  /** What is shown now: goes up when the colours change. */
  dark = $state(false)
  private readonly system = matchMedia('(prefers-color-scheme: dark)')

  constructor() {
    const kept = read()
    this.theme = oneOf(THEMES, kept['theme'], 'system')
    this.editor = oneOf(EDITORS, kept['editor'], 'vscode')
    this.system.addEventListener('change', () => this.apply())
    this.apply()
  }

  set(change: { theme?: Theme; editor?: Editor }): void {
    if (change.theme !== undefined) this.theme = change.theme
    if (change.editor !== undefined) this.editor = change.editor
    try {
      localStorage.setItem(KEY, JSON.stringify({ theme: this.theme, editor: this.editor }))
    } catch {
      // A page from a file, or a private window: the choice lasts as long as the page.
    }
    this.apply()
  }

  private apply(): void {
    this.dark = this.theme === 'dark' || (this.theme === 'system' && this.system.matches)
    document.documentElement.dataset['theme'] = this.dark ? 'dark' : 'light'
  }
}

function read(): Record<string, unknown> {
  try {
    return (JSON.parse(localStorage.getItem(KEY) ?? '{}') ?? {}) as Record<string, unknown>
  } catch {
    return {}
  }
}

function oneOf<T>(allowed: readonly T[], value: unknown, otherwise: T): T {
  return allowed.includes(value as T) ? (value as T) : otherwise
}

/** The address that opens a line in an editor; null where none is wanted or the file is not one. */
export function editorLink(editor: Editor, file: string, line: number): string | null {
  if (editor === 'none' || !/^(\/|[A-Za-z]:[\\/])/.test(file)) return null
  const path = encodeURI(file.replace(/\\/g, '/')).replace(/[?#]/g, encodeURIComponent)
  const whole = path.startsWith('/') ? path : `/${path}`
  if (editor === 'pycharm') return `pycharm://open?file=${encodeURIComponent(file)}&line=${line}`
  return `${editor}://file${whole}:${line}`
}
