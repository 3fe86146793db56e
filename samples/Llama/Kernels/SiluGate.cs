using ILGPU;

namespace AttentionKernels.Samples.Llama.Kernels;

/// <summary>What <see cref="SiluGate"/> takes.</summary>
public struct SiluGateArguments
{
    /// <summary>What goes through SiLU, and receives the result.</summary>
    public ArrayView<float> Gate;

    /// <summary>What the gate multiplies, of the same length.</summary>
    public ArrayView<float> Up;

    /// <summary>The elements of a tile.</summary>
    public ElementRun Run;
}

/// <summary>gate ← silu(gate) · up, where silu(x) = x · σ(x) = x / (1 + e⁻ˣ).</summary>
/// <remarks>
/// Shazeer, "GLU variants improve Transformer", 2020. Tile: a run of elements. For very negative x the power overflows to infinity, and
/// x / ∞ is the limit, 0.
/// </remarks>
public readonly struct SiluGate : ITileKernel<SiluGateArguments>
{
    /// <inheritdoc/>
    public static void Run(SiluGateArguments arguments, long tile, ArrayView<float> scratch)
    {
        for (long element = arguments.Run.First(tile); element < arguments.Run.End(tile); element++)
        {
            float gate = arguments.Gate[element];
            arguments.Gate[element] = gate / (1f + MathF.Exp(-gate)) * arguments.Up[element];
        }
    }
}
