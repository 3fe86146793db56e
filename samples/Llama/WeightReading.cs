using System.Diagnostics;
using System.Numerics.Tensors;

namespace AttentionKernels.Samples.Llama;

/// <summary>
/// How fast decoding reads the weights, beside a plain read of the same weights in fp32: a decoded token needs every weight once, and little else.
/// </summary>
/// <remarks>Steps of decoding and plain reads take turns, since the speed of memory differs from one moment to the next; of each the median counts.</remarks>
internal static class WeightReading
{
    private const int StepsPerRead = 4;

    /// <summary>Decodes some tokens, and says how fast.</summary>
    /// <param name="model">The model on its device.</param>
    /// <param name="checkpoint">The same weights in host memory.</param>
    /// <param name="weightBytes">Bytes of a weight on the device.</param>
    /// <param name="steps">The tokens to decode.</param>
    /// <param name="output">Takes the figures.</param>
    public static void Measure(ILanguageModel model, Checkpoint checkpoint, int weightBytes, int steps, TextWriter output)
    {
        ReadOnlyMemory<float>[] matrices = [.. checkpoint.Matrices()];
        double weights = matrices.Sum(matrix => (double)matrix.Length);
        double bytes = weights * weightBytes;
        List<double> decoding = [];
        List<double> reading = [];
        model.Prefill([1]);
        int token = model.LikeliestToken();
        for (int step = 0; step < steps; step++)
        {
            if (step % StepsPerRead == 0)
                reading.Add(Time(() => Read(matrices)));
            decoding.Add(Time(() =>
            {
                model.Decode(token);
                token = model.LikeliestToken();
            }));
        }

        double read = weights * sizeof(float) / Median(reading);
        double decoded = bytes / Median(decoding);
        output.WriteLine(FormattableString.Invariant($"decode: {steps} tokens, {1 / Median(decoding):0.0} tokens/s (median)"));
        output.WriteLine(FormattableString.Invariant(
            $"weights: {bytes / 1e6:0} MB a token, read at {decoded / 1e9:0.0} GB/s; a plain read by the host's processor: {read / 1e9:0.0} GB/s; share {decoded / read:P0}"));
    }

    /// <summary>Takes every weight once, on all processors.</summary>
    private static void Read(ReadOnlyMemory<float>[] matrices) => Parallel.For(0, Environment.ProcessorCount, worker =>
    {
        foreach (ReadOnlyMemory<float> matrix in matrices)
        {
            int part = matrix.Length / Environment.ProcessorCount;
            if (float.IsNaN(TensorPrimitives.Sum(matrix.Span.Slice(worker * part, part))))
                throw new InvalidOperationException("The weights are no numbers.");
        }
    });

    private static double Time(Action action)
    {
        long start = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private static double Median(List<double> times)
    {
        double[] sorted = [.. times.Order()];
        return sorted[sorted.Length / 2];
    }
}
