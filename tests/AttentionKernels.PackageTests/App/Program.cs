using AttentionKernels;

// Keys of zeros weigh all values alike: the output is the values' mean.
using AttentionDevice device = AttentionDevice.Open(args.Length > 0 ? args[0] : "cpu");
using Tensor<float> query = device.Upload([1f, 2f], [1, 1, 1, 2]);
using Tensor<float> key = device.Upload(new float[8], [1, 4, 1, 2]);
using Tensor<float> value = device.Upload([1f, 2f, 3f, 4f, 5f, 6f, 7f, 8f], [1, 4, 1, 2]);
using AttentionPlan<float> plan = device.PlanAttention(query.Shape, key.Shape, new NoMask(), new DoubledScore());
using Tensor<float> output = device.Allocate<float>(query.Shape);
plan.Run(query, key, value, output);
Console.WriteLine(string.Join(' ', output.ToArray()));

/// <summary>A modifier of the program's own, which kernels are compiled with.</summary>
public readonly struct DoubledScore : IScoreModifier<DoubledScore>
{
    public static float Apply(in DoubledScore self, float score, in Position at) => 2 * score;
}
