/** `tree` builds elements by calls: there is no innerHTML in the page at all. */
export default {
  compilerOptions: {
    fragments: 'tree',
    runes: true,
    // By content, so that the built files are the same wherever the project lies.
    cssHash: ({ hash, css }) => `c${hash(css)}`,
  },
}
