using ILGPU;

namespace AttentionKernels.Positions.Kernels;

/// <summary>Which position a token has: first + t, with a first one for all sequences or one for each in device memory; or one that is
/// given there.</summary>
internal struct TokenPositions
{
    /// <summary>Positions [batch, tokens], or first ones [batch]; any memory where none are given.</summary>
    public ArrayView<int> Values;
    public long BatchStride;
    public long TokenStride;

    /// <summary>The position of token 0 where none are given.</summary>
    public int First;

    /// <summary>From a token to the next where they are not given for each: 1.</summary>
    public int Step;

    /// <summary>Whether they are given.</summary>
    public int AreGiven;

    /// <summary>The position of a token.</summary>
    public readonly int Of(int batch, int token) =>
        (AreGiven != 0 ? Values[(batch * BatchStride) + (token * TokenStride)] : First) + (token * Step);
}
