/**
 * Stands in for the package `string-width` in the bundle: columns of a text without wide characters, which is all
 * that tmqtt gives to yargs and ora. The package compiles large regular expressions and a segmenter when it is
 * loaded, 20 to 60 ms of every start.
 */
export default function stringWidth(text: string): number {
  return [...text].length
}
