#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
public final class AdamW {
  private struct Slot {
    let parameter: Parameter
    let mean: FloatBuffer
    let square: FloatBuffer
  }
  private let slots: [Slot]
  private let beta1: Float
  private let beta2: Float
  private let weightDecay: Float
  private var steps = 0

  /// - Parameter parameters: what this updates; weight decay spares those of kind ``ParameterKind/vector``.
  public init(_ parameters: [Parameter], beta1: Float = 0.9, beta2: Float = 0.95, weightDecay: Float = 0.1) {
    slots = parameters.map {
      let count = $0.tensor.count
      return Slot(parameter: $0, mean: FloatBuffer(count: count), square: FloatBuffer(count: count))
    }
    self.beta1 = beta1
    self.beta2 = beta2
    self.weightDecay = weightDecay
  }

  /// Moves the weights against their gradients, and clears the gradients.
  public func update(rate: Float) {
    steps += 1
    let meanScale = 1 / (1 - powf(beta1, Float(steps)))
    let squareScale = 1 / (1 - powf(beta2, Float(steps)))
    for slot in slots {
      let decay = slot.parameter.kind == .vector ? 0 : weightDecay
      let tensor = slot.parameter.tensor
      guard let gradient = tensor.gradient else { continue }
      let (count, weights) = (tensor.count, tensor.values)
      Meter.charge(16 * count)
      let keep = Vector(repeating: 1 - rate * decay)
      let step = Vector(repeating: rate * meanScale)
      let (first, second) = (Vector(repeating: beta1), Vector(repeating: beta2))
      let (newFirst, newSecond) = (Vector(repeating: 1 - beta1), Vector(repeating: 1 - beta2))
      let correction = Vector(repeating: squareScale)
      let epsilon = Vector(repeating: 1e-8)
      let (means, squares) = (slot.mean.memory, slot.square.memory)
      for index in stride(from: 0, to: count, by: 16) {
        let g = load(gradient, index, count)
        let m = load(means, index, count) * first + g * newFirst
        let v = load(squares, index, count) * second + g * g * newSecond
        store(m, means, index, count)
        store(v, squares, index, count)
        let change = m / ((v * correction).squareRoot() + epsilon)
        store(load(weights, index, count) * keep - step * change, weights, index, count)
        store(.zero, gradient, index, count)
      }
    }
  }
}
