internal import CPawlKernels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// What a model is asked to go on from.
package struct LanguagePrompt: Sendable {
  package var bytes: [UInt8]
  package var seed: UInt64
  /// 0 for the likeliest byte always.
  package var temperature: Double
  /// The most bytes to write.
  package var limit: Int
  package init(_ bytes: [UInt8], seed: UInt64, temperature: Double, limit: Int) {
    self.bytes = bytes
    self.seed = seed
    self.temperature = temperature
    self.limit = limit
  }
}

/// What a model wrote after a prompt, without it.
package struct LanguageReply: Sendable {
  package var bytes: [UInt8] = []
  /// Whether the model ended it, rather than a limit.
  package var isWhole = false
}

extension LanguageModel {
  /// Goes on from prompts, many at once; what becomes of one does not depend on the others.
  package func replies(_ prompts: [LanguagePrompt]) -> [LanguageReply] {
    var replies = [LanguageReply](repeating: LanguageReply(), count: prompts.count)
    parameters.refreshPacks(parameters.kernels)
    // Prompts of like length together, so that they begin to write at the same time.
    let order = prompts.indices.sorted { (prompts[$0].bytes.count, $0) < (prompts[$1].bytes.count, $1) }
    let context = shape.context
    let capacity = prompts.reduce(2) { max($0, min(context, $1.bytes.count + 1 + max(0, min($1.limit, context)))) }
    // So few that what they attend to stays in the caches.
    let writer = LanguageWriter(self, sequences: min(128, max(8, 8192 / capacity)), capacity: capacity)
    for first in stride(from: 0, to: order.count, by: writer.sequences) {
      let indices = order[first..<min(order.count, first + writer.sequences)]
      for (index, reply) in zip(indices, writer.write(indices.map { prompts[$0] })) { replies[index] = reply }
    }
    return replies
  }
}

/// Writes a batch of sequences byte by byte, with the keys and values of earlier bytes kept.
final class LanguageWriter {
  let sequences: Int
  private let model: LanguageModel
  private let shape: LanguageShape
  private let tape: Tape
  private let capacity: Int
  /// Of a block, a sequence, a head, a position.
  private let keys: FloatBuffer
  private let values: FloatBuffer
  private let weights: FloatBuffer
  private let angles: AngleTable?

  /// - Parameter capacity: bytes of the longest sequence, the one before it included; at most the context.
  init(_ model: LanguageModel, sequences: Int, capacity: Int) {
    self.model = model
    self.sequences = sequences
    shape = model.shape
    tape = Tape(kernels: model.parameters.kernels, thread: 0)
    tape.isRecording = false
    self.capacity = capacity
    let count = shape.depth * sequences * capacity * shape.width
    (keys, values) = (FloatBuffer(count: count), FloatBuffer(count: count))
    weights = FloatBuffer(count: capacity)
    angles =
      shape.position == .rotary
      ? AngleTable(length: capacity, width: shape.width / shape.heads, base: 10_000) : nil
  }

  private struct Line {
    let prompt: LanguagePrompt
    var generator: Generator
    let start: Int
    var reply = LanguageReply()
    /// Bytes read, and what comes next.
    var read = 0
    var next = LanguageShape.edge
    var place = 0
    var isDone = false
  }

  func write(_ prompts: [LanguagePrompt]) -> [LanguageReply] {
    var lines = prompts.map { prompt in
      var generator = Generator(seed: prompt.seed ^ 0x3817e)
      // Samples differ a little in where the places begin too: what is sure does not depend on it.
      let wobble = prompt.temperature > 0 ? generator.below(2 * LanguageShape.wobble + 1) - LanguageShape.wobble : 0
      let start = min(shape.shift, max(0, shape.middle + wobble))
      return Line(prompt: prompt, generator: generator, start: start)
    }
    for index in lines.indices {
      // Too long a prompt, or nothing to write.
      lines[index].isDone = lines[index].prompt.bytes.count + 1 > capacity || lines[index].prompt.limit < 1
    }
    while true {
      let active = lines.indices.filter { !lines[$0].isDone }
      if active.isEmpty { break }
      let stream = advance(active, &lines)
      let writing = active.indices.filter { lines[active[$0]].read > lines[active[$0]].prompt.bytes.count }
      for row in active.indices where lines[active[row]].read <= lines[active[row]].prompt.bytes.count {
        lines[active[row]].next = lines[active[row]].prompt.bytes[lines[active[row]].read - 1]
      }
      if !writing.isEmpty {
        let logits = stream.rows(writing).linear(model.head, transposed: true)
        for (row, index) in writing.enumerated() {
          take(choose(logits.values + row * 256, &lines[active[index]]), &lines[active[index]])
        }
      }
      tape.reset()
    }
    return lines.map(\.reply)
  }

  private func take(_ byte: UInt8, _ line: inout Line) {
    if byte == LanguageShape.edge {
      line.reply.isWhole = true
      line.isDone = true
      return
    }
    line.reply.bytes.append(byte)
    line.next = byte
    line.isDone = line.reply.bytes.count >= line.prompt.limit || line.read >= capacity
  }

  /// Reads the next byte of each of the lines, and returns the stream after the last norm, a row for each.
  private func advance(_ active: [Int], _ lines: inout [Line]) -> Tensor {
    let bytes = active.map { lines[$0].next }
    var x = tape.embedding(model.table, Bytes(bytes))
    if let table = model.place {
      let places = active.map { index in
        lines[index].place = LanguageShape.place(of: lines[index].next, after: lines[index].place)
        return UInt8(min(LanguageShape.places - 1, lines[index].start + lines[index].place))
      }
      x = x + tape.embedding(table, Bytes(places))
    }
    let positions = active.map { lines[$0].read }
    for (number, block) in model.blocks.enumerated() {
      let y = x.rmsNorm(block.gain1)
      let (query, key, value) = (y.linear(block.query), y.linear(block.key), y.linear(block.value))
      let attended = tape.tensor(x.rows, x.columns)
      for (row, index) in active.enumerated() {
        attend(
          query.values + row * shape.width, key.values + row * shape.width, value.values + row * shape.width,
          into: attended.values + row * shape.width, number * sequences + index, positions[row])
      }
      let middle = x + attended.linear(block.project)
      x = middle + middle.rmsNorm(block.gain2).linear(block.up).reluSquared().linear(block.down)
    }
    for index in active { lines[index].read += 1 }
    return x.rmsNorm(model.lastGain)
  }

  /// Keeps a key and a value, and attends to all that are kept of the sequence.
  private func attend(
    _ query: Floats, _ key: Floats, _ value: Floats, into output: Floats, _ sequence: Int, _ position: Int
  ) {
    let headWidth = shape.width / shape.heads
    if let angles {
      rotate(query, angles, position)
      rotate(key, angles, position)
    }
    // What a head attends to lies together, so that it is read in one go: this is what writing waits for.
    let (keys, values) = (keys.memory, values.memory)
    let scale = 1 / Float(headWidth).squareRoot()
    let (weights, loops) = (weights.memory, tape.kernels.rows)
    for head in 0..<shape.heads {
      let (first, start) = (head * headWidth, (sequence * shape.heads + head) * capacity * headWidth)
      (keys + start + position * headWidth).update(from: key + first, count: headWidth)
      (values + start + position * headWidth).update(from: value + first, count: headWidth)
      var largest = -Float.infinity
      for row in 0...position {
        weights[row] = Float(loops.dot(query + first, keys + start + row * headWidth, headWidth)) * scale
        largest = max(largest, weights[row])
      }
      var total: Float = 0
      for row in 0...position {
        weights[row] = expf(weights[row] - largest)
        total += weights[row]
      }
      (output + first).update(repeating: 0, count: headWidth)
      for row in 0...position {
        loops.accumulate(values + start + row * headWidth, weights[row] / total, output + first, headWidth)
      }
    }
  }

  private func rotate(_ row: Floats, _ angles: AngleTable, _ position: Int) {
    let half = angles.width / 2
    tape.kernels.rows.rotate(
      row, row, angles.cosines + position * half, angles.sines + position * half, 1, shape.heads, angles.width, 1, 1, 0)
  }

  /// The next byte: the likeliest one, or one drawn in proportion to its probability at the line's temperature.
  private func choose(_ scores: Floats, _ line: inout Line) -> UInt8 {
    var likeliest = 0
    for index in 1..<256 where scores[index] > scores[likeliest] { likeliest = index }
    guard line.prompt.temperature > 0 else { return UInt8(likeliest) }
    let (factor, top) = (Float(1 / line.prompt.temperature), scores[likeliest])
    var total: Float = 0
    for index in 0..<256 {
      scores[index] = expf((scores[index] - top) * factor)
      total += scores[index]
    }
    var rest = Float(line.generator.unit()) * total
    for index in 0..<256 {
      rest -= scores[index]
      if rest < 0 { return UInt8(index) }
    }
    return UInt8(likeliest)
  }
}
