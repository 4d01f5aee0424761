import PawlTestSupport
import Testing

@Suite struct `Studies that build on one another` {
  /// The loss falls with each document that was made, and with a constant of the trainer.
  private let trainer = """
    #!/bin/sh
    depth=4
    made=$(grep -c '"kind":"model"' "$PAWL_SNAPSHOT" || true)
    echo "$made $PAWL_SEED $PAWL_GENERATION" > model.safetensors
    loss=$((2000000 - made * 2000 + (depth - 8) * (depth - 8) * 10000 + PAWL_SEED % 500))
    printf 'loss: %d.%06d\\n' $((loss / 1000000)) $((loss % 1000000))

    """
  private let codeStudy = """
    study: trainer
    builds_on: words
    command: sh train.sh
    metric: {name: loss, pattern: '^loss: (.*)', direction: minimize}
    editable: [train.sh]
    foreign_load: ignore
    ratchet: {calibration: 2, max_pairs: 8}

    """

  @Test func `code learns from the snapshot of generations, and generations from the code's champion`() throws {
    let yaml = GenerationsRepository.yaml(canaries: "").replacing("evaluate: sh evaluate.sh\n", with: "")
      .replacing("artifacts: [model.safetensors]\n", with: "")
    let repository = try GenerationsRepository(yaml: yaml, ["train.sh": trainer]).repository
    let words = repository.pawl("run", "--trials", "2")
    try #require(words.code == 0, "\(words.messages)")
    repository.pawl("approve", "1")
    let certified = repository.pawl("run", "--trials", "1")
    try #require(certified.messages.contains("certified: trial "), "\(certified.messages)")

    try repository.write(codeStudy, to: "pawl.yaml")
    try repository.commit("another study")
    let code = repository.pawl("run", "--trials", "8")
    #expect(code.code == 0, "\(code.messages)")
    #expect(code.messages.contains("begins with the snapshot of trial "), "\(code.messages)")
    // Fewer than 2: the snapshot has made documents.
    #expect(code.messages.contains("loss 2.") && !code.messages.contains("loss 2.16"), "\(code.messages)")
    #expect(repository.pawl("log", "--study", "trainer").output.contains("depth"), "the trainer's constant is tuned")

    try repository.write(yaml.replacing("study: words\n", with: "study: again\nbuilds_on: trainer\n"), to: "pawl.yaml")
    try repository.commit("a third study")
    let again = repository.pawl("run", "--trials", "1")
    #expect(again.code == 0, "\(again.messages)")
    let champion = repository.pawl("status", "--study", "trainer", "--json").output
    if champion.contains("\"champion\" : 0,") {
      #expect(again.messages.contains("study `trainer` has certified nothing"), "\(again.messages)")
    } else {
      #expect(again.messages.contains("begins with the code of trial "), "\(again.messages)")
    }
  }

  @Test func `a study builds on one of the other kind only, and not on itself`() throws {
    let repository = try GenerationsRepository().repository
    let missing = repository.shell(
      "sed -i 's/^kind: generations/kind: generations\\nbuilds_on: nowhere/' pawl.yaml && git -c user.name=a -c user.email=a@b commit -qam x"
    )
    #expect(missing.code == 0)
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code != 0 && run.messages.contains("study `nowhere` has no journal yet"), "\(run.messages)")
    repository.shell("sed -i 's/builds_on: nowhere/builds_on: words/' pawl.yaml")
    let own = repository.pawl("run", "--trials", "1", "--allow-dirty")
    #expect(own.code != 0 && own.messages.contains("a study cannot build on itself"), "\(own.messages)")
  }
}

extension String {
  fileprivate func replacing(_ part: String, with other: String) -> String {
    split(separator: part, omittingEmptySubsequences: false).joined(separator: other)
  }
}
