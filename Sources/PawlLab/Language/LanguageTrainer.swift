/// How a language model learns.
package struct LanguageRecipe: Sendable, Hashable {
  package enum Optimiser: String, Sendable, CaseIterable {
    case adamw
    /// Muon for matrices, AdamW for the rest.
    case muon
  }
  package var optimiser = Optimiser.muon
  package var steps = 300
  /// Floating-point operations that end the training before its steps do; 0 for no such limit.
  package var operations = 0
  /// Documents of a step.
  package var batch = 64
  package var learningRate = 3e-3
  package var muonRate = 0.02
  package var weightDecay = 0.01
  /// The share of the steps in which the rates rise.
  package var warmUp = 0.05
  /// The share of the steps in which the rates fall to nothing.
  package var coolDown = 0.5
  package var gradientClip = 1.0

  package init() {}

  /// The share of the learning rate at a fraction of the steps.
  func rate(at fraction: Double) -> Double {
    if fraction < warmUp { return (fraction + 0.005) / (warmUp + 0.005) }
    return min(1, (1 - fraction) / max(coolDown, 1e-9))
  }
}

/// Trains a language model on documents, each step on a batch of them in an order drawn from a seed.
package struct LanguageTrainer {
  private let model: LanguageModel
  private let recipe: LanguageRecipe
  private let tapes: [Tape]
  private let muon: Muon
  private let adamW: AdamW

  /// Rows that pass through the model at once: enough to keep products busy, few enough to stay in the caches.
  private static let rows = 512

  package init(_ model: LanguageModel, _ recipe: LanguageRecipe) {
    self.model = model
    self.recipe = recipe
    let parameters = model.parameters
    tapes = (0..<parameters.crew.count).map { Tape(kernels: parameters.kernels, thread: $0) }
    let usesMuon = recipe.optimiser == .muon
    let decay = Float(recipe.weightDecay)
    muon = Muon(parameters.all.filter { usesMuon && $0.kind == .matrix }, weightDecay: decay)
    adamW = AdamW(parameters.all.filter { !usesMuon || $0.kind != .matrix }, beta2: 0.98, weightDecay: decay)
  }

  /// What a training has come to.
  package struct Result: Sendable {
    package var steps = 0
    /// Floating-point operations that were counted.
    package var operations = 0
    /// The mean loss of the last tenth, in nats per learnt byte.
    package var loss = 0.0
  }

  /// Trains on the documents; without any, nothing is learnt.
  ///
  /// - Parameter report: is given the step, from 1, and its loss.
  package func train(_ documents: [[UInt8]], seed: UInt64, report: (Int, Double) -> Void = { _, _ in }) -> Result {
    var result = Result()
    guard !documents.isEmpty else { return result }
    let begun = Meter.spent
    var generator = Generator(seed: seed ^ 0x001a_6de5)
    var order: [Int] = []
    var last: [Double] = []
    while true {
      let fraction = max(
        Double(result.steps) / Double(max(1, recipe.steps)),
        recipe.operations > 0 ? Double(Meter.spent - begun) / Double(recipe.operations) : 0)
      if fraction >= 1 { break }
      result.steps += 1
      var sequences: [LanguageSequence] = []
      var starts: [Int] = []
      for _ in 0..<recipe.batch {
        if order.isEmpty { order = Array(documents.indices).shuffled(using: &generator) }
        guard let index = order.popLast() else { break }
        let windows = LanguageSequence.windows(documents[index], context: model.shape.context)
        sequences.append(
          LanguageSequence(
            documents[index], answerAfter: model.shape.answerAfter, window: windows[generator.below(windows.count)]))
        starts.append(generator.below(model.shape.shift + 1))
      }
      let loss = gradients(sequences, starts)
      guard loss.isFinite else {
        refuse("the loss at step `\(result.steps)` is not a number; training diverged, try a lower learning_rate")
      }
      model.parameters.clipGradients(to: Float(recipe.gradientClip))
      let share = recipe.rate(at: fraction)
      adamW.update(rate: Float(recipe.learningRate * share))
      muon.update(rate: Float(recipe.muonRate * share))
      if fraction < 0.9 { last = [] }
      last.append(loss)
      report(result.steps, loss)
    }
    result.operations = Meter.spent - begun
    result.loss = last.reduce(0, +) / Double(max(1, last.count))
    return result
  }

  /// Lets the gradients of the mean loss over all learnt bytes flow, and returns that loss.
  private func gradients(_ sequences: [LanguageSequence], _ starts: [Int]) -> Double {
    let parameters = model.parameters
    let learnt = sequences.reduce(0) { $0 + $1.learnt.count }
    guard learnt > 0 else { return 0 }
    let deal = LanguageGroup.deal(sequences.map(\.count), rows: Self.rows)
    let groups = deal.map { indices in
      LanguageGroup(indices.map { sequences[$0] }, starts: indices.map { starts[$0] }, shape: model.shape)
    }
    parameters.refreshPacks(parameters.kernels)
    var losses = [Double](repeating: 0, count: tapes.count)
    losses.withUnsafeMutableBufferPointer { losses in
      parameters.crew.run { thread in
        let tape = tapes[thread]
        for index in stride(from: thread, to: groups.count, by: tapes.count) where !groups[index].rows.isEmpty {
          let group = groups[index]
          let stream = model.stream(tape, group.inputs, places: group.places, length: group.length)
          let mean = stream.rows(group.rows).linear(model.head, transposed: true).crossEntropy(group.targets)
          let share = Float(group.rows.count) / Float(learnt)
          losses[thread] += Double(mean.item) * Double(share)
          tape.backward(mean, scale: share)
          tape.reset()
        }
      }
    }
    for parameter in parameters.all { parameter.weight.takeNoteOfGradient() }
    parameters.gatherGradients()
    return losses.reduce(0, +)
  }
}
