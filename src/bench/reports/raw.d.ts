/** A file as text: the bundler has a loader for each such ending, the test runner knows the query. */
declare module '*?raw' {
  const text: string
  export default text
}
