import PawlTestSupport
import Testing

/// A study whose model is a line of text, and whose stages are a few lines of shell: what Pawl does with them is the real thing.
struct GenerationsRepository {
  let repository: TemporaryRepository

  /// Better with each made document in the snapshot; a little noise from the seed.
  static let train = """
    made=$(grep -c '"kind":"model"' "$PAWL_SNAPSHOT" || true)
    ls data held.jsonl canaries.jsonl > seen.txt 2>/dev/null || true
    echo "$made $PAWL_SEED $PAWL_GENERATION" > model.safetensors

    """
  static let evaluate = """
    read made seed generation < model.safetensors
    loss=$((2000000 - made * 2000 + seed % 500))
    printf 'loss: %d.%06d\\n' $((loss / 1000000)) $((loss % 1000000))

    """
  static let diagnose = """
    sed 's/.*"id":"\\([^"]*\\)".*/{"id":"\\1","loss":1.5,"bytes":50}/' "$PAWL_INPUT/probe.jsonl" > "$PAWL_OUTPUT/losses.jsonl"

    """
  /// Forty texts of its own words, drawn by the seed.
  static let generate = """
    awk -v seed="$PAWL_SEED" 'BEGIN {
      srand(seed)
      for (i = 0; i < 40; i++) {
        text = ""
        for (j = 0; j < 12; j++) text = text "w" int(rand() * 500) " "
        printf "{\\"text\\":\\"%s\\",\\"prompt\\":\\"p%d\\",\\"seed\\":%d}\\n", text, i, seed + i
      }
    }' > "$PAWL_OUTPUT/made.jsonl"

    """
  static let judge = """
    sed 's/.*"id":"\\([^"]*\\)".*/{"id":"\\1","ok":true}/' "$PAWL_INPUT/canaries.jsonl" > "$PAWL_OUTPUT/canaries-kept.jsonl"

    """
  static func yaml(_ more: String = "", canaries: String = "  canaries: {file: canaries.jsonl}\n") -> String {
    """
    study: words
    kind: generations
    command: sh train.sh
    evaluate: sh evaluate.sh
    artifacts: [model.safetensors]
    metric: {name: loss, pattern: '^loss: (.*)', direction: minimize}
    foreign_load: ignore
    ratchet: {calibration: 2, max_pairs: 8}
    generations:
      real: data/real.jsonl
      held: [held.jsonl]
      stages: {diagnose: sh diagnose.sh, generate: sh generate.sh, judge: sh judge.sh}
      watch: {alpha: 0.05, splits: 40}
    \(canaries)\(more)
    """
  }

  init(yaml: String = Self.yaml(), _ other: [String: String] = [:]) throws {
    let real = (1...120).map { number in
      let words = (0..<12).map { "w\((number * 37 + $0 * $0 * 11) % 500)" }.joined(separator: " ")
      return "{\"id\":\"r\(number)\",\"text\":\"\(words)\",\"fields\":{\"part\":\"\(number % 3)\"}}\n"
    }
    let canaries = (1...80).map { "{\"id\":\"c\($0)\",\"prompt\":\"\($0)\",\"answer\":\"x\"}\n" }
    var files = [
      "train.sh": Self.train, "evaluate.sh": Self.evaluate, "diagnose.sh": Self.diagnose, "generate.sh": Self.generate,
      "judge.sh": Self.judge, "generation.json": "{}\n", "data/real.jsonl": real.joined(),
      "held.jsonl": "{\"text\":\"evaluation text that nobody may learn\"}\n", "canaries.jsonl": canaries.joined(),
      "pawl.yaml": yaml,
    ]
    files.merge(other) { $1 }
    repository = try TemporaryRepository(files)
  }
}

@Suite struct `A study of generations` {
  @Test func `makes snapshots, keeps what helps, and says where each document came from`() throws {
    let repository = try GenerationsRepository().repository
    let run = repository.pawl("run", "--trials", "3")
    #expect(run.code == 0, "\(run.messages)")
    let status = repository.pawl("status").output
    #expect(status.contains("model     generation "), "\(status)")
    #expect(status.contains("canaries"), "\(status)")
    let show = repository.pawl("show", "1").output
    #expect(show.contains("of 40 made documents kept"), "\(show)")
    let plan = try repository.git("show", "refs/pawl/words/trials/1:generation.json")
    #expect(plan.contains("\"generation\" : 1") && plan.contains("\"snapshot\" : \""), "\(plan)")
  }

  @Test func `what models write is compared with the baseline's answers, blind and in both orders`() throws {
    // Whoever always takes the first is seen through: each winner changes with the order.
    let choose = """
      sed 's/.*"id":"\\([^"]*\\)".*/{"id":"\\1","choice":"first"}/' "$PAWL_INPUT/pairs.jsonl" > "$PAWL_OUTPUT/choices.jsonl"

      """
    let prompts = (0..<40).map { "{\"prompt\":\"p\($0)\"}\n" }.joined()
    let repository = try GenerationsRepository(
      yaml: GenerationsRepository.yaml("  preference: {prompts: prompts.jsonl, judge: sh choose.sh}\n"),
      ["choose.sh": choose, "prompts.jsonl": prompts]
    ).repository
    let run = repository.pawl("run", "--trials", "1")
    #expect(run.code == 0, "\(run.messages)")
    let show = repository.pawl("show", "1").output
    #expect(show.contains("in 50.0 % ["), "\(show)")
    #expect(show.contains("of 40 pairs over the baseline's outputs, judged in both orders"), "\(show)")
  }
}
