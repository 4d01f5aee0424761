import Testing

@testable import PawlLab

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

@Suite struct LanguageModelTests {
  static func shape(_ position: LanguageShape.Position) -> LanguageShape {
    var shape = LanguageShape()
    (shape.depth, shape.width, shape.heads, shape.context) = (2, 32, 2, 32)
    (shape.position, shape.shift) = (position, position == .digits ? 8 : 0)
    return shape
  }

  static func recipe(_ steps: Int) -> LanguageRecipe {
    var recipe = LanguageRecipe()
    (recipe.steps, recipe.batch) = (steps, 16)
    return recipe
  }

  static let texts = ["abcabcabcabc", "xyzxyzxyz", "12345+6", "hello hello"].map { Array($0.utf8) }

  @Test(arguments: LanguageShape.Position.allCases)
  func `what is written byte by byte is what the whole pass finds likeliest`(position: LanguageShape.Position) {
    let model = LanguageModel(Self.shape(position), seed: 5)
    _ = LanguageTrainer(model, Self.recipe(40)).train(Self.texts, seed: 1)
    let prompts = ["", "ab", "12345", "hello h"].map { Array($0.utf8) }
    let replies = model.replies(prompts.map { LanguagePrompt($0, seed: 0, temperature: 0, limit: 6) })
    for (prompt, reply) in zip(prompts, replies) {
      var written = prompt
      for byte in reply.bytes + (reply.isWhole ? [0] : []) {
        // The likeliest of all bytes: none makes the text so far and itself likelier.
        let sequence = LanguageSequence(written, answerAfter: nil)
        let group = LanguageGroup([sequence], starts: [model.shape.middle], shape: model.shape)
        let tape = Tape()
        let scores = model.stream(tape, group.inputs, places: group.places, length: group.length)
          .rows([written.count]).linear(model.head, transposed: true).copy()
        #expect(scores[Int(byte)] > (scores.max() ?? 0) - 0.05, "\(position) after \(written)")
        if byte != 0 { written.append(byte) }
      }
    }
  }

  @Test func `a model learns its documents, and the same seed gives the same weights`() {
    let models = (0..<2).map { _ in LanguageModel(Self.shape(.rotary), seed: 3) }
    let before = models[0].scores(Self.texts, answerAfter: nil)
    for model in models { _ = LanguageTrainer(model, Self.recipe(60)).train(Self.texts, seed: 9) }
    let after = models[0].scores(Self.texts, answerAfter: nil)
    for (first, last) in zip(before, after) {
      #expect(last.nats < first.nats / 4)
      #expect(last.bytes == first.bytes && last.hits > first.hits)
    }
    for (first, second) in zip(models[0].parameters.all, models[1].parameters.all) {
      #expect(first.tensor.copy() == second.tensor.copy())
    }
  }

  @Test func `training ends when its steps or its operations are spent`() {
    func train(_ recipe: LanguageRecipe, _ texts: [[UInt8]]) -> LanguageTrainer.Result {
      LanguageTrainer(LanguageModel(Self.shape(.none), seed: 1), recipe).train(texts, seed: 1)
    }
    let whole = train(Self.recipe(12), Self.texts)
    #expect(whole.steps == 12 && whole.operations > 0 && whole.loss > 0)
    // Other tests count on the same meter, so only the least budget is sure.
    var recipe = Self.recipe(12)
    recipe.operations = 1
    #expect(train(recipe, Self.texts).steps == 1)
    #expect(train(recipe, []).steps == 0)
  }

  @Test func `an untrained model is about as unsure as chance, whatever the batch`() {
    let model = LanguageModel(Self.shape(.none), seed: 1)
    let long = [UInt8](repeating: 0x61, count: 100)
    let scores = model.scores(Self.texts + [long], answerAfter: nil)
    #expect(scores.map(\.bytes) == (Self.texts + [long]).map { $0.count + 1 })
    for score in scores { #expect(abs(score.nats / Double(score.bytes) - log(256.0)) < 0.5) }
    let alone = model.scores([Self.texts[1]], answerAfter: nil)
    #expect(abs(alone[0].nats - scores[1].nats) < 1e-3)
  }

  @Test func `only what follows the mark is learnt and judged`() {
    let document = Array("12+34=46".utf8)
    #expect(LanguageSequence(document, answerAfter: 0x3d).learnt == 6..<9)
    #expect(LanguageSequence(document, answerAfter: nil).learnt == 0..<9)
    #expect(LanguageSequence(document, answerAfter: 0x3d, window: 0..<4).learnt.isEmpty)
    #expect(LanguageSequence(document, answerAfter: 0x3d, window: 4..<9).learnt == 2..<5)
    #expect(LanguageSequence.windows(document, context: 4) == [0..<4, 4..<8, 8..<9])
  }

  @Test func `gradients of picked rows flow to those rows alone`() {
    let tape = Tape(precision: .float32)
    let table = Parameters(seed: 1).embedding("table", rows: 256, columns: 8, deviation: 1)
    let picked = tape.embedding(table, [1, 2, 3]).rows([2, 0, 2])
    #expect(picked.copy()[0..<8] == table.copy()[24..<32])
    tape.backward(picked, flow: [Float](repeating: 1, count: 24))
    let gradient = table.gradientCopy()
    #expect(gradient[24] == 2 && gradient[8] == 1 && gradient[16] == 0)
  }

  @Test func `samples differ with their seeds, and a sample does not depend on its neighbours`() {
    let model = LanguageModel(Self.shape(.digits), seed: 2)
    let prompts = (0..<20).map { LanguagePrompt([0x31], seed: UInt64($0), temperature: 1, limit: 8) }
    let all = model.replies(prompts)
    #expect(Set(all.map(\.bytes)).count > 15)
    #expect(model.replies([prompts[7]])[0].bytes == all[7].bytes)
    #expect(
      model.replies([LanguagePrompt([UInt8](repeating: 1, count: 32), seed: 1, temperature: 1, limit: 4)])[0].bytes
        == [])
  }

  @Test func `a model's file tells its shape, and brings back its weights`() {
    let path = "/tmp/pawl-lab-language-\(getpid()).safetensors"
    defer { unlink(path) }
    var shape = Self.shape(.digits)
    shape.answerAfter = 0x3d
    let model = LanguageModel(shape, seed: 4)
    model.reaches(7)
    model.save(path)
    let again = LanguageModel(file: path)
    shape.reach = 7
    #expect(again.shape == shape)
    for (first, second) in zip(model.parameters.all, again.parameters.all) {
      #expect(first.name == second.name && first.tensor.copy() == second.tensor.copy())
    }
  }

  @Test(arguments: LanguageShape.Position.allCases)
  func `a shape knows how many weights it has, and what makes no sense`(position: LanguageShape.Position) {
    let shape = Self.shape(position)
    #expect(LanguageModel(shape, seed: 1).parameters.count == shape.weights)
    let entries = Dictionary(uniqueKeysWithValues: shape.entries.map { ($0.name, $0.value) })
    #expect(LanguageShape(entries: entries) == shape)
    for (name, value) in [
      ("depth", "0"), ("width", "99999999"), ("heads", "3"), ("context", "-1"), ("position", "learned"),
      ("shift", "200"),
      ("reach", "-1"), ("answer_after", "300"), ("depth", "9223372036854775808"),
    ] {
      #expect(LanguageShape(entries: entries.merging([name: value]) { $1 }) == nil, "\(name) \(value)")
    }
  }

  @Test func `places count the digits of a number`() {
    #expect(Self.shape(.digits).places("12+345=".utf8, start: 3) == [4, 5, 3, 4, 5, 6, 3])
  }
}
