using ILGPU;

namespace AttentionKernels.Positions.Kernels;

/// <summary>Which position a token has.</summary>
/// <typeparam name="TSelf">The source of positions itself.</typeparam>
internal interface ITokenPositions<TSelf>
    where TSelf : struct, ITokenPositions<TSelf>
{
    /// <summary>The position of a token.</summary>
    static abstract int Position(in TSelf self, int batch, int token);
}

/// <summary>Token t of every sequence has the position first + t.</summary>
internal struct ConsecutivePositions : ITokenPositions<ConsecutivePositions>
{
    public int First;

    public static int Position(in ConsecutivePositions self, int batch, int token) => self.First + token;
}

/// <summary>Positions [batch, tokens] in device memory.</summary>
internal struct GivenPositions : ITokenPositions<GivenPositions>
{
    public ArrayView<int> Values;
    public long BatchStride;
    public long TokenStride;

    public static int Position(in GivenPositions self, int batch, int token) =>
        self.Values[(batch * self.BatchStride) + (token * self.TokenStride)];
}
