using ILGPU;

namespace AttentionKernels.Attention.Layouts;

/// <summary>Sequences of their own lengths, packed one behind the other: query tokens [tokens, heads, headDim], and key tokens [tokens, kv
/// heads, headDim], both counted over all sequences.</summary>
internal struct RaggedLayout : ILayout<RaggedLayout>
{
    /// <summary>For each sequence its first key token: the page that it is, where pages are as far apart as tokens.</summary>
    public ArrayView<int> KeyStarts;

    public long QueryTokens;
    public long QueryTokenStride;
    public long OutputTokenStride;

    public static bool IsPitched => true;

    public static long QueryOffset(in RaggedLayout self, int sequence, int token) => token * self.QueryTokenStride;

    public static long OutputOffset(in RaggedLayout self, int sequence, int token) => token * self.OutputTokenStride;

    public static long LogSumExpOffset(in RaggedLayout self, int sequence, int head, int token) => (head * self.QueryTokens) + token;

    public static bool IsAligned(in RaggedLayout self, int elements) =>
        self.QueryTokenStride % elements == 0 && self.OutputTokenStride % elements == 0;

    public static int Page(in RaggedLayout self, int sequence, int key) => self.KeyStarts[sequence];

    public static int Place(in RaggedLayout self, int key) => key;

    public static int RunLength(in RaggedLayout self, int key) => int.MaxValue - key;
}
