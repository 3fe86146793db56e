using AttentionKernels.Oracle;

namespace AttentionKernels.Problems;

/// <summary>Groups of operations on rows of numbers: norms, rotary embedding, and launches of next to nothing.</summary>
internal static class RowGroups
{
    private const float Epsilon = 1e-5f;

    /// <summary>RMS, layer and batch norm over the same numbers.</summary>
    public static BenchGroup Norms(int rows, int hidden, IInputs? inputs = null) => new("norm", $"{rows} × {hidden}",
    [
        Norm("RMSNorm", [rows, hidden], inputs, (run, device) => device.RmsNorm(run.Input, run.Weight, run.Output, Epsilon),
            numbers => NormalizationOracle.Rms(numbers.Input, numbers.Weight, hidden, Epsilon)),
        Norm("LayerNorm", [rows, hidden], inputs,
            (run, device) => device.LayerNorm(run.Input, run.Weight.View, run.Bias.View, run.Output, Epsilon),
            numbers => NormalizationOracle.Layer(numbers.Input, numbers.Weight, numbers.Bias, hidden, Epsilon)),
        .. BatchNorms([rows, hidden], inputs),
    ], HasColdRows: true, IsChoice: false);

    /// <summary>Batch norm of samples whose channels have many values, such as pictures.</summary>
    public static BenchGroup BatchNorm(int samples, int channels, int spatial, IInputs? inputs = null) => new(
        "batch norm", $"{samples} × {channels} channels × {spatial}", BatchNorms([samples, channels, spatial], inputs),
        HasColdRows: true, IsChoice: false);

    /// <summary>Rotary embedding of all heads of a sequence.</summary>
    public static BenchGroup Rotary(int tokens, int heads, int headDimension, IInputs? inputs = null) => new(
        "rotary", $"{tokens} × {heads} heads × {headDimension}",
        [
            Rotary("half-split", [1, tokens, heads, headDimension], inputs, RotaryStyle.HalfSplit),
            Rotary("interleaved", [1, tokens, heads, headDimension], inputs, RotaryStyle.Interleaved),
        ], HasColdRows: true, IsChoice: false);

    /// <summary>What a launch costs where the next is queued behind it, and where each is waited for.</summary>
    public static BenchGroup Launches() => new("launch", "64 numbers, time of one launch",
    [
        new("queued behind each other", DataType.Float32, row => Launch(row, queued: 1000)),
        new("each waited for", DataType.Float32, row => Launch(row, queued: 1)),
    ], HasColdRows: false, IsChoice: false);

    private static IReadOnlyList<BenchCase> BatchNorms(TensorShape shape, IInputs? inputs)
    {
        int channels = (int)shape[1], spatial = (int)(shape.ElementCount / shape[0] / channels);
        return
        [
            Norm("BatchNorm training", shape, inputs,
                (run, device) => device.BatchNormTraining(run.Input, run.Channels, run.Output, 0.1f, Epsilon),
                numbers =>
                {
                    (double[] mean, double[] variance) = NormalizationOracle.BatchMoments(numbers.Input, channels, spatial);
                    return NormalizationOracle.Batch(numbers.Input, numbers.Weight, numbers.Bias, mean, variance, Epsilon, spatial);
                }),
            Norm("BatchNorm inference", shape, inputs,
                (run, device) => device.BatchNormInference(run.Input, run.Channels, run.Output, Epsilon),
                numbers => NormalizationOracle.Batch(
                    numbers.Input, numbers.Weight, numbers.Bias, new double[channels], [.. Enumerable.Repeat(1.0, channels)], Epsilon, spatial)),
        ];
    }

    // The second dimension has a weight and a bias for each element.
    private static BenchCase Norm(
        string name, TensorShape shape, IInputs? inputs, Action<NormOperands, AttentionDevice> run, Func<NormNumbers, double[]> oracle)
    {
        // Made when the first device needs them, for all.
        var numbers = new Lazy<NormNumbers>(() => Numbers(inputs ?? new NormalInputs(), shape));
        var expected = new Lazy<double[]>(() => oracle(numbers.Value));
        return new(name, DataType.Float32, row =>
        {
            (float[] input, float[] weights, float[] biases) = numbers.Value;
            TensorShape each = [shape[1]];
            double bytes = 2.0 * sizeof(float) * shape.ElementCount;
            Tensor<float> weight = row.Upload(weights, each), bias = row.Upload(biases, each);
            Tensor<float> mean = row.Upload(new float[weights.Length], each);
            Tensor<float> variance = row.Upload(Enumerable.Repeat(1f, weights.Length).ToArray(), each);
            NormOperands[] copies = row.MakeCopies(bytes, () => new NormOperands(
                row.Upload(input, shape), weight, bias,
                new BatchNormChannels(mean, variance) { Weight = weight.View, Bias = bias.View },
                row.Own(row.Device.Allocate<float>(shape))));
            row.Work = new Work(0, bytes, Traffic.Copy);
            row.Schedule = row.PreferredSchedule;
            row.Queue = copy => run(copies[copy], row.Device);
            row.Check = () => Check(row, copies[0].Output, expected.Value, ErrorBound.OfNorm(expected.Value));
        });
    }

    private static NormNumbers Numbers(IInputs inputs, TensorShape shape) => new(
        inputs.Take(Content.Stream, shape.ElementCount), inputs.Take(Content.NormWeight, shape[1]), inputs.Take(Content.Value, shape[1]));

    private static BenchCase Rotary(string name, TensorShape shape, IInputs? inputs, RotaryStyle style) => new(name, DataType.Float32, row =>
    {
        (int tokens, int heads, int dimension) = ((int)shape[1], (int)shape[2], (int)shape[3]);
        float[] input = (inputs ?? new NormalInputs()).Take(Content.Query, shape.ElementCount);
        double bytes = 2.0 * sizeof(float) * shape.ElementCount;
        RotaryTable table = row.Own(new RotaryTable(row.Device, tokens, dimension));
        (Tensor<float> Input, Tensor<float> Output)[] copies = row.MakeCopies(
            bytes, () => (row.Upload(input, shape), row.Own(row.Device.Allocate<float>(shape))));
        row.Work = new Work(0, bytes, Traffic.Copy);
        row.Queue = copy => row.Device.RotaryEmbedding(copies[copy].Input, table, copies[copy].Output, style);
        row.Check = () =>
        {
            int[] positions = [.. Enumerable.Range(0, tokens)];
            var oracle = RotaryOracle.OfBase(RotaryTable.DefaultBase, dimension, style == RotaryStyle.Interleaved);
            double[] expected = oracle.Compute(input, positions, heads, dimension);
            double bound = ErrorBound.Of(expected, oracle.Sequential(input, positions, heads, dimension), input);
            return Check(row, copies[0].Output, expected, bound);
        };
    });

    private static void Launch(PreparedRow row, int queued)
    {
        const int Hidden = 64;
        var inputs = new NormalInputs();
        float[] input = inputs.Take(Content.Stream, Hidden), weight = inputs.Take(Content.NormWeight, Hidden);
        Tensor<float> source = row.Upload(input, [1, Hidden]), weights = row.Upload(weight, [Hidden]);
        Tensor<float> output = row.Own(row.Device.Allocate<float>([1, Hidden]));
        row.Scale = 1.0 / queued;
        row.Queue = _ =>
        {
            for (int launch = 0; launch < queued; launch++)
                row.Device.RmsNorm(source, weights, output, Epsilon);
        };
        row.Check = () =>
        {
            double[] expected = NormalizationOracle.Rms(input, weight, Hidden, Epsilon);
            return Check(row, output, expected, ErrorBound.OfNorm(expected));
        };
    }

    private static Accuracy Check(PreparedRow row, Tensor<float> output, double[] expected, double bound)
    {
        float[] poison = new float[expected.Length];
        Array.Fill(poison, float.NaN);
        output.CopyFrom(poison);
        row.Run(0);
        return new Accuracy(ErrorBound.Largest(output.ToArray(), expected).Error, bound);
    }

    private sealed record NormNumbers(float[] Input, float[] Weight, float[] Bias);

    private sealed record NormOperands(
        Tensor<float> Input, Tensor<float> Weight, Tensor<float> Bias, BatchNormChannels Channels, Tensor<float> Output);
}
