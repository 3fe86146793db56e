using ILGPU;

namespace AttentionKernels.Positions.Kernels;

/// <summary>Which position a token has: in every sequence first + t, or one that is given in device memory.</summary>
internal struct TokenPositions
{
    /// <summary>Positions [batch, tokens]; any memory where none are given.</summary>
    public ArrayView<int> Values;
    public long BatchStride;
    public long TokenStride;

    /// <summary>The position of token 0 where none are given.</summary>
    public int First;

    /// <summary>Whether they are given.</summary>
    public int AreGiven;

    /// <summary>The position of a token.</summary>
    public readonly int Of(int batch, int token) =>
        AreGiven != 0 ? Values[(batch * BatchStride) + (token * TokenStride)] : First + token;
}
