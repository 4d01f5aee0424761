internal import CPawlKernels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Adam with decoupled weight decay (Loshchilov and Hutter 2019).
public final class AdamW {
  private struct Slot {
    let weight: Weight
    let decays: Bool
    let mean: FloatBuffer
    let square: FloatBuffer
  }
  private let slots: [Slot]
  private let beta1: Float
  private let beta2: Float
  private let weightDecay: Float
  private let crew: Crew
  private let kernels: Kernels
  private var steps = 0

  /// - Parameter parameters: what this updates; weight decay spares those of kind ``ParameterKind/vector``.
  public convenience init(
    _ parameters: [Parameter], beta1: Float = 0.9, beta2: Float = 0.95, weightDecay: Float = 0.1
  ) {
    self.init(parameters, beta1: beta1, beta2: beta2, weightDecay: weightDecay, crew: .shared, kernels: .best)
  }

  init(
    _ parameters: [Parameter], beta1: Float = 0.9, beta2: Float = 0.95, weightDecay: Float = 0.1, crew: Crew,
    kernels: Kernels
  ) {
    slots = parameters.map {
      let count = $0.weight.count
      return Slot(
        weight: $0.weight, decays: $0.kind != .vector, mean: FloatBuffer(count: count),
        square: FloatBuffer(count: count))
    }
    self.beta1 = beta1
    self.beta2 = beta2
    self.weightDecay = weightDecay
    self.crew = crew
    self.kernels = kernels
  }

  /// Moves the weights against their gradients, and clears the gradients.
  public func update(rate: Float) {
    steps += 1
    let meanScale = 1 / (1 - powf(beta1, Float(steps)))
    let squareScale = 1 / (1 - powf(beta2, Float(steps)))
    crew.run { thread in
      for slot in slots {
        let weight = slot.weight
        var step = pawl_adam(
          rate: rate * meanScale, keep: 1 - rate * (slot.decays ? weightDecay : 0), beta1: beta1, beta2: beta2,
          epsilon: 1e-8, square_scale: squareScale, scale: weight.gradientScale)
        let share = crew.share(of: weight.count, thread)
        Meter.charge(16 * share.count)
        kernels.rows.adam(
          weight.values + share.lowerBound, weight.gradients[0] + share.lowerBound, slot.mean.memory + share.lowerBound,
          slot.square.memory + share.lowerBound, share.count, &step)
      }
    }
    for slot in slots { slot.weight.finishUpdate() }
  }
}
