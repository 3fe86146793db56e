using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Positions;

/// <summary>Plans of rotary embedding give the bits of the operation, for any sizes up to the planned ones, by kernels that are compiled
/// when they are made.</summary>
[Trait("Speed", "Quick")]
public class RotaryPlanTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly TensorShape _most = [2, 3, 2, 8];

    [Theory, EachBackend]
    public void A_plan_gives_the_bits_of_the_operation(Backend backend)
    {
        AttentionDevice device = Device(backend);
        VerifyOneFormat(device, StoredType.Float32, RotaryStyle.HalfSplit);
        VerifyOneFormat(device, StoredType.Float16, RotaryStyle.Interleaved);
    }

    [Theory, EachBackend(DriversOnly = true)]
    public void A_run_compiles_nothing(Backend backend)
    {
        using var compilations = new CountedCompilations(Device(backend));
        AttentionDevice device = compilations.Device;
        using var table = new RotaryTable(device, positions: 8, rotaryDimension: 8);
        RotaryPlan<BFloat16> plan = device.PlanRotaryEmbedding(_most, 1, table, RotaryStyle.HalfSplit, NumberFormat.BFloat16);
        string[] planned = [.. compilations.Names];
        planned.Should().NotBeEmpty();
        using Tensor<BFloat16> query = device.Allocate<BFloat16>(_most);
        using Tensor<BFloat16> key = device.Allocate<BFloat16>(_most.With(2, 1));

        plan.Run(query, query);
        plan.Run(new RotaryHeads<BFloat16>(query), new RotaryHeads<BFloat16>(key));

        device.Synchronize();
        compilations.Names.Should().Equal(planned);
    }

    [Theory, EachBackend]
    public void A_plan_explains_itself(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var table = new RotaryTable(device, positions: 8, rotaryDimension: 6);
        string text = device.PlanRotaryEmbedding(_most, 1, table, RotaryStyle.Interleaved, NumberFormat.Float32).Explain();
        text.Should().Contain("Rotary embedding, Interleaved").And.Contain("up to 2 sequences of 3 tokens, 2 heads and 1 of keys;")
            .And.Contain("6 of 8 elements are rotated, Float32").And.Contain(device.IsGpu ? "no whole fours" : "a tile for each token");
    }

    [Theory, EachBackend]
    public void What_was_not_planned_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var table = new RotaryTable(device, positions: 8, rotaryDimension: 8);
        RotaryPlan<float> plan = device.PlanRotaryEmbedding(_most, 1, table, RotaryStyle.HalfSplit, NumberFormat.Float32);
        using var memory = GuardedTensor<float>.Poisoned(device, [200]);
        TensorView<float> View(TensorShape shape) => new(memory.View.Data.SubView(0, shape.ElementCount), shape);
        RotaryHeads<float> Heads(TensorShape shape) => new(View(shape));
        void Refuses(string says, Action run) => run.Should().Throw<ArgumentException>().WithMessage(says);

        Refuses("*'input' is [3, 3, 2, 8]*at most 2 sequences*", () => plan.Run(View([3, 3, 2, 8]), View([3, 3, 2, 8])));
        Refuses("*'input' is [2, 4, 2, 8]*3 tokens*", () => plan.Run(View([2, 4, 2, 8]), View([2, 4, 2, 8])));
        Refuses("*'input' is [2, 3, 3, 8]*2 heads*", () => plan.Run(View([2, 3, 3, 8]), View([2, 3, 3, 8])));
        Refuses("*'input' is [2, 3, 2, 12]*heads, 8]*", () => plan.Run(View([2, 3, 2, 12]), View([2, 3, 2, 12])));
        Refuses("*'key' is [1, 3, 2, 8]*1 heads*", () => plan.Run(Heads([1, 3, 2, 8]), Heads([1, 3, 2, 8])));
        Refuses("*position*", () => plan.Run(View([1, 3, 2, 8]), View([1, 3, 2, 8]), firstPosition: 6));
        Refuses("*'query' is [3, 2, 8]*", () => device.PlanRotaryEmbedding([3, 2, 8], 1, table, RotaryStyle.HalfSplit, NumberFormat.Float32));
        Refuses("*rotary dimension is 8*head dimension, 6*", () => device.PlanRotaryEmbedding([1, 3, 2, 6], 1, table, RotaryStyle.HalfSplit, NumberFormat.Float32));
        Refuses("*keyHeads*", () => device.PlanRotaryEmbedding(_most, -1, table, RotaryStyle.HalfSplit, NumberFormat.Float32));
        memory.VerifyUnchanged();
    }

    private static void VerifyOneFormat<T>(AttentionDevice device, StoredType<T> type, RotaryStyle style)
        where T : unmanaged
    {
        using var table = new RotaryTable(device, positions: 8, rotaryDimension: 8);
        RotaryPlan<T> plan = device.PlanRotaryEmbedding(_most, 1, table, style, type.Type);
        foreach (TensorShape shape in (TensorShape[])[_most, [1, 1, 2, 8], [0, 3, 2, 8]])
        {
            TensorShape keyShape = shape.With(2, 1);
            using Tensor<T> query = device.Upload(type.Store(RandomData.Normal(1, shape.ElementCount)), shape);
            using Tensor<T> key = device.Upload(type.Store(RandomData.Normal(2, keyShape.ElementCount)), keyShape);
            using Tensor<int> positions = device.Upload([.. Enumerable.Range(1, (int)shape[0])], [shape[0]]);
            using Tensor<T> expected = device.Allocate<T>(shape);
            using Tensor<T> expectedKey = device.Allocate<T>(keyShape);
            using var output = GuardedTensor<T>.Poisoned(device, shape);
            using var outputKey = GuardedTensor<T>.Poisoned(device, keyShape);
            var target = new RotaryHeads<T>(query, output);
            var targetKey = new RotaryHeads<T>(key, outputKey);
            void Verify(bool haveKeys)
            {
                output.Verify();
                output.ToArray().Should().Equal(expected.ToArray());
                if (!haveKeys)
                    return;
                outputKey.Verify();
                outputKey.ToArray().Should().Equal(expectedKey.ToArray());
            }

            device.RotaryEmbedding(query, table, expected, style, type.Type, firstPosition: 3);
            plan.Run(query, output, firstPosition: 3);
            Verify(haveKeys: false);
            device.RotaryEmbedding(query, table, expected, style, type.Type, positions);
            plan.Run(query, output, positions);
            Verify(haveKeys: false);
            var both = (new RotaryHeads<T>(query, expected), new RotaryHeads<T>(key, expectedKey));
            device.RotaryEmbedding(both.Item1, both.Item2, table, style, type.Type, firstPosition: 2);
            plan.Run(target, targetKey, firstPosition: 2);
            Verify(haveKeys: true);
            device.RotaryEmbedding(both.Item1, both.Item2, table, style, type.Type, positions);
            plan.Run(target, targetKey, positions);
            Verify(haveKeys: true);
        }
    }
}
