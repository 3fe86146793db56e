using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.KeyValueCache;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>Any finite scale: 0, negative ones, and what they do to masked keys, whose score is −∞ before and after.</summary>
public class ScaleTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly float[] _scales = [0f, -0.5f, -3f, 2f];

    public static IEnumerable<object> Scales => _scales.Cast<object>();

    [Theory, EachBackend(Cases = nameof(Scales))]
    public void Every_kernel_takes_any_finite_scale(Backend backend, float scale)
    {
        foreach (string line in (string[])["2x4/2x3x9x8 CausalBottomRight Dense", "1x2/1x5x3x20 CausalTopLeft Padded", "1x2/2x2x70x24 Full HeadsFirst"])
        {
            foreach (AttentionOptions options in Schedules.Of(backend))
                AttentionRunner.Verify(Device(backend), AttentionCase.Parse(line), options with { Scale = scale });
        }
    }

    [Theory, EachBackend(Cases = nameof(Scales))]
    public void Pages_and_cascades_take_any_finite_scale(Backend backend, float scale)
    {
        using var runner = new PagedRunner(Device(backend), 7, [1, 3, 1], [150, 203, 9], 4, 2, 24, 16, prefixes: [(0, 0), (0, 9), (0, 0)]);
        foreach (AttentionOptions options in PagedVerification.ProcessorOptions(backend))
        {
            AttentionOptions scaled = options with { Scale = scale };
            PagedVerification.AgreesWithOracle(runner, scaled);
            if (options.Algorithm == AttentionAlgorithm.SplitKv)
                PagedVerification.AgreesWithOracle(runner, scaled, new CausalMask(), new NoModifier(), new CausalMask(), new NoModifier(), levels: 2);
        }
    }

    [Theory, EachBackend]
    public void A_scale_of_0_gives_the_mean_of_the_attended_values(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> rows = device.Upload([1f, 3f, 5f, 7f], [1, 4, 1, 1]);

        using Tensor<float> output = device.Attention<CausalMask>(rows, rows, rows, new CausalMask(), new AttentionOptions { Scale = 0f });

        output.ToArray().Should().Equal(1f, 2f, 3f, 4f);
    }
}
