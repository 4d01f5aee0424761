import PawlCore
import Testing

@testable import PawlCorpus

@Test(
  arguments: [
    ("one\ttwo\r\n\u{c}\n", nil), ("", TextFault.empty), (" \n", .empty), ("a\u{0}", .control(0)),
    ("a\u{7f}", .control(0x7f)),
    ("\u{1b}[1m", .control(0x1b)), ("a\u{9b}", .control(0x9b)), ("a\u{85}b", nil), ("é\u{a0}ÿ", nil),
    ("\u{fffd}", .replaced),
    ("\u{fffc}\u{ffff}", nil),
  ] as [(String, TextFault?)])
func `faults of a text are told`(text: String, fault: TextFault?) {
  #expect(TextFault(text) == fault)
}

@Test func `a control character is named as Unicode does`() {
  #expect(TextFault.control(0x1b).description == "it holds the control character U+001B")
}

private func made(_ text: String, prompt: String) -> Document {
  Document(id: text, text: text, source: .made(Making(model: "m", prompt: prompt, seed: 1, generation: 1)))
}

@Test func `an answer is what follows the prompt`() {
  #expect(Answers.answer(made("1+1=2", prompt: "1+1=")) == "2")
  #expect(Answers.answer(made(" 2", prompt: "1+1=")) == " 2")
  #expect(Answers.Ballot(made("1+1= 2 3\n", prompt: "1+1=")).bytes == 3)
  #expect(Answers.answer(made("e\u{301}x", prompt: "e")) == "\u{301}x")
}

@Test func `most samples win, the earliest answer of several`() throws {
  var answers = Answers()
  for text in ["p:a", "p:b", "p: b", "p:c", "p:a", "q:x"] {
    answers.add(Answers.Ballot(made(text, prompt: String(text.prefix(2)))))
  }
  let winner = try #require(answers.winner(of: TextDigest("p:")))
  #expect(winner.answer == TextDigest("a"))
  #expect([winner.samples, winner.of] == [2, 5])
  #expect(answers.winner(of: TextDigest("r:")) == nil)
}
