using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Normalization.Kernels;

/// <summary>Sums over rows, for each feature: the gradients of weights and biases, in chunks of consecutive rows whose sums are summed
/// last. How many chunks there are depends on the number of rows alone, so that results repeat bit for bit.</summary>
internal struct FeatureSums
{
    /// <summary>The most chunks: work for all processors of a GPU, and little beside the rows.</summary>
    public const int LargestChunks = 128;

    // So many rows are a chunk of its own.
    private const int SmallestChunk = 16;

    /// <summary>[chunks, 4, stride]: of weights, what their additions have rounded away, and the same of biases; undefined at
    /// first.</summary>
    public ArrayView<float> Memory;

    /// <summary>How many chunks there are.</summary>
    public int Chunks;

    /// <summary>The rows of a chunk, but for the last one.</summary>
    public long RowsOfChunk;

    /// <summary>Features, rounded up to whole fours.</summary>
    public int Stride;

    /// <summary>Elements of memory for up to so many rows.</summary>
    public static long Length(long rows, int features) => (long)ChunksOf(rows) * 4 * GradientSums.StrideOf(features);

    /// <summary>The sums for some rows.</summary>
    public static FeatureSums Of(ArrayView<float> memory, long rows, int features)
    {
        int chunks = ChunksOf(rows);
        return new FeatureSums
        {
            Memory = memory,
            Chunks = chunks,
            RowsOfChunk = (rows + chunks - 1) / Math.Max(chunks, 1),
            Stride = GradientSums.StrideOf(features),
        };
    }

    /// <summary>The sums for channels of as many samples, each a chunk.</summary>
    public static FeatureSums OfSamples(ArrayView<float> memory, int samples, int channels) =>
        new() { Memory = memory, Chunks = samples, RowsOfChunk = 1, Stride = GradientSums.StrideOf(channels) };

    /// <summary>Elements of memory for up to so many samples.</summary>
    public static long LengthOfSamples(long samples, int channels) => samples * 4 * GradientSums.StrideOf(channels);

    /// <summary>Stores the sums of a channel of a sample, of which nothing was rounded away.</summary>
    public readonly void Store(long sample, long channel, GradientSums sums)
    {
        ArrayView<float> ofSample = OfChunk(sample);
        ofSample[channel] = sums.Products;
        ofSample[channel + Stride] = 0f;
        ofSample[channel + (2 * Stride)] = sums.Sum;
        ofSample[channel + (3 * Stride)] = 0f;
    }

    /// <summary>The first row of a chunk; of the one behind the last, how many rows there are.</summary>
    public readonly long FirstRow(long chunk, long rows) => Math.Min(chunk * RowsOfChunk, rows);

    /// <summary>The sums of a chunk.</summary>
    public readonly ArrayView<float> OfChunk(long chunk) => Memory.SubView(chunk * 4 * Stride, 4 * Stride);

    private static int ChunksOf(long rows) => (int)Math.Min((rows + SmallestChunk - 1) / SmallestChunk, LargestChunks);
}
