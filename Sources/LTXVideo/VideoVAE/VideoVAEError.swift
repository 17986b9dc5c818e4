import Base

/// What the VAE cannot do.
public enum VideoVAEError: UserError {
    /// A video whose size the VAE's steps do not divide.
    case size(shape: [Int], spatial: Int, temporal: Int)
    /// Latents of the wrong shape; what was expected.
    case latents(shape: [Int], expected: String)
    /// A timed decoder without a timestep.
    case noTimestep
    case tiling(String)

    /// A stable name for scripts.
    public var kind: String {
        switch self {
        case .size: "vae.size"
        case .latents: "vae.latents"
        case .noTimestep: "vae.timestep"
        case .tiling: "vae.tiling"
        }
    }
    /// The sentence for the user.
    public var description: String {
        switch self {
        case .size(let shape, let spatial, let temporal):
            "a video of shape \(shape) cannot be encoded: (batch, 3, frames, height, width) with frames = "
                + "\(temporal)·n + 1, and height and width multiples of \(spatial), is what the VAE takes"
        case .latents(let shape, let expected): "latents of shape \(shape) cannot be decoded: \(expected) was expected"
        case .noTimestep: "this VAE's decoder is told how noisy its latents are: give a timestep, usually 0.05"
        case .tiling(let reason): "the VAE's tiles cannot be used: \(reason)"
        }
    }
}
