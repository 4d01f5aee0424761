import PawlCore
import Testing

@testable import PawlJudging

@Test(arguments: [
  "# Principles\n\nFor people.\n\n1. Be brief.\n2. Say only\n   what is true.\n",
  "## 1. Be brief.\n\n## Principle 2: Say only\nwhat is true.\n\n## Why\n\nBecause.\n",
  "**1.** Be brief.\n**2.** Say only what is true.\n---\n1 is the loneliest number\n",
  "  2) Say only what is true.\n  1) Be brief.\n",
  "```\n1. no principle\n```\n1: Be brief.\r\n\r\n2: Say only\r\nwhat is true.\r\n",
])
func `principles are read out of lists and headings`(markdown: String) throws {
  let constitution = try Constitution(markdown: markdown)
  #expect(constitution.text == "1. Be brief.\n2. Say only what is true.")
  #expect(constitution[2]?.text == "Say only what is true.")
  #expect(constitution[3] == nil)
}

@Test func `a principle that is commented out is none`() throws {
  let markdown = "1. Be brief.\n<!-- 2. Be loud.\n3. Be late. -->\n4. Be true. <!-- really -->\n4. Twice."
  let error = #expect(throws: JudgingError.self) { try Constitution(markdown: markdown) }
  #expect(error?.message == "principle `4` comes twice in the constitution: on line 4 and on line 5")
  #expect(try Constitution(markdown: String(markdown.dropLast(9))).text == "1. Be brief.\n4. Be true.")
}

@Test func `sub-points belong to their principle`() throws {
  let constitution = try Constitution(
    markdown: "1. Be kind:\n   1. to people\n   - to others\n\n   Also at night.\n7. Use 1.5 words.\n")
  #expect(constitution.principles.map(\.number) == [1, 7])
  #expect(constitution[1]?.text == "Be kind: 1. to people to others Also at night.")
  #expect(constitution[7]?.text == "Use 1.5 words.")
}

@Test(arguments: [
  ("", JudgingError.Code.noPrinciples), ("# Be good\n- always\n1.5 is a number\n", .noPrinciples),
  ("```\n1. in a fence\n```", .noPrinciples), ("99999999999. too long a number", .noPrinciples),
  ("1. a\n2. b\n1. c", .malformed), ("1. a\n2.\n3. c", .malformed), ("1. a\n2. ---", .malformed),
])
func `a constitution that names no principles, or one twice, is refused`(markdown: String, code: JudgingError.Code) {
  let error = #expect(throws: JudgingError.self) { try Constitution(markdown: markdown) }
  #expect(error?.code == code)
  #expect(error?.hints.isEmpty == false)
}

@Test func `a number that comes twice is told with both lines`() {
  let error = #expect(throws: JudgingError.self) { try Constitution(markdown: "# P\n1. a\n\n2. b\n1. c") }
  #expect(error?.message == "principle `1` comes twice in the constitution: on line 2 and on line 5")
}

@Test func `the digest changes with a principle, and only with one`() throws {
  let first = try Constitution(markdown: "1. Be brief.\n2. Be true.")
  #expect(try first.digest == Constitution(markdown: "# For people\n\n2) Be true.\n1) Be\nbrief.").digest)
  #expect(try first.digest != Constitution(markdown: "1. Be brief.\n2. Be kind.").digest)
  #expect(try first.digest != Constitution(markdown: "1. Be brief.\n3. Be true.").digest)
}

@Test func `labels are read`() throws {
  let label = try Label(line: #"{"text":"a","label":false,"principle":2,"model":"ff","more":[1]}"#)
  #expect(label == Label(text: "a", label: false, principle: 2, model: "ff"))
  #expect(try Label(line: #"{"text":"a","label":true,"principle":null}"#) == Label(text: "a", label: true))
}

@Test(arguments: [
  (#"{"text":"a","label":"#, "the line is cut short"), ("yes", "a value is expected, at byte 1"),
  (#"{"label":true}"#, "the label has no `text`"), (#"{"text":" ","label":true}"#, "the label has no `text`"),
  (#"{"text":"a","label":1}"#, "`label` is neither `true` nor `false`"),
  (#"{"text":"a","label":true,"principle":"x"}"#, "`principle` is not the number of a principle"),
  (#"{"text":"a","label":true,"principle":-1}"#, "`principle` is not the number of a principle"),
  ("", "the line is cut short"),
])
func `a label that cannot be read says why`(line: String, message: String) {
  let error = #expect(throws: JudgingError.self) { try Label(line: line) }
  #expect(error?.message == message)
  #expect(error?.code == .malformed)
}
