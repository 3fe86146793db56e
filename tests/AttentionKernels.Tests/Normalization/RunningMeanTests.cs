using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Normalization;

/// <summary>Means of channels are right to their own last bits, however small they are beside the deviation.</summary>
public class RunningMeanTests(TestDevices devices) : DeviceTests(devices)
{
    // In deviations; a channel for each.
    private static readonly double[] _means = [0, 1e-6, -1e-5, 1e-4, -1e-3, 1e-2, 0.1, -1, 10, 1e3, -1e5, 1e7];

    // Planes of a value, of less than a vector, of vectors and more, and one alone.
    private static readonly (int Batch, int Spatial)[] _sizes = [(143, 1), (13, 11), (5, 131), (1, 1037), (2, 1)];

    public static IEnumerable<double> Magnitudes => [1e-30, 1e-20, 1e-10, 1, 1e6, 1e19, 1e30, 1e38];

    [Theory, EachBackend(Cases = nameof(Magnitudes), ProcessorsOnly = true)]
    public void A_mean_is_right_to_its_last_bits_whatever_the_deviation(Backend backend, double magnitude) =>
        VerifyMeans(backend, KernelSchedule.Vector, magnitude);

    [Theory, EachBackend(Cases = nameof(Magnitudes), DriversOnly = true)]
    public void A_mean_by_a_work_group_is_right_to_its_last_bits_whatever_the_deviation(Backend backend, double magnitude) =>
        VerifyMeans(backend, KernelSchedule.Simt, magnitude);

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt, DriversOnly = true)]
    public void A_mean_of_many_values_is_right_to_its_last_bits(Backend backend, KernelSchedule schedule)
    {
        const int Count = (1 << 20) + 1;
        float[] equal = [.. Enumerable.Repeat(0.1f, Count)];
        float[] small = Channel(1, Count, mean: 1e-6, magnitude: 1e6);
        VerifyMeans(backend, schedule, [equal, small], batch: 1, epsilon: 1e-5f);
        VerifyMeans(backend, schedule, [equal, small], batch: Count, epsilon: 1e-5f);
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void A_mean_is_finite_where_values_are_and_only_there(Backend backend, KernelSchedule schedule)
    {
        float[][] channels =
        [
            [float.MaxValue, float.MaxValue, float.MaxValue], [float.MinValue, float.MinValue, float.MinValue], [1f, float.PositiveInfinity, 2f],
            [float.NegativeInfinity, 1f, 2f], [1f, 2f, float.NaN],
        ];
        Means(backend, schedule, channels, batch: 3, epsilon: 1e-5f).Select(mean => float.IsFinite(mean) ? mean : float.NaN).Should()
            .Equal(float.MaxValue, float.MinValue, float.NaN, float.NaN, float.NaN);
    }

    private void VerifyMeans(Backend backend, KernelSchedule schedule, double magnitude)
    {
        foreach ((int batch, int spatial) in _sizes)
        {
            foreach (float epsilon in new[] { 1e-5f, float.Epsilon })
                VerifyMeans(backend, schedule, [.. _means.Select((mean, channel) => Channel(channel, batch * spatial, mean, magnitude))], batch, epsilon);
        }
    }

    // Two roundings of the mean, of the sum and of its quotient, a third where the count has more than 24 bits; and, for each term, one of
    // what the sum's additions round away.
    private void VerifyMeans(Backend backend, KernelSchedule schedule, float[][] channels, int batch, float epsilon)
    {
        float[] means = Means(backend, schedule, channels, batch, epsilon);
        for (int channel = 0; channel < channels.Length; channel++)
        {
            double exact = channels[channel].Average(element => (double)element);
            double bound = (Math.Pow(2, -23) * Math.Abs(exact))
                + (channels[channel].Length * Math.Pow(2, -48) * channels[channel].Average(element => Math.Abs((double)element)));
            ((double)means[channel]).Should().BeApproximately(
                exact, bound, "it is the mean of channel {0} of {1} samples with {2} values in all, with an ε of {3}", channel, batch, channels[channel].Length, epsilon);
        }
    }

    // As the running means have them after a step that replaces them, which is as the step's own means that are saved.
    private float[] Means(Backend backend, KernelSchedule schedule, float[][] channels, int batch, float epsilon)
    {
        AttentionDevice device = Device(backend);
        int spatial = channels[0].Length / batch;
        var elements = new float[channels.Length * channels[0].Length];
        for (int channel = 0; channel < channels.Length; channel++)
        {
            for (int index = 0; index < channels[0].Length; index++)
                elements[(((index / spatial * channels.Length) + channel) * spatial) + (index % spatial)] = channels[channel][index];
        }

        using Tensor<float> input = device.Upload(elements, [batch, channels.Length, spatial]);
        using Tensor<float> mean = device.Upload(new float[channels.Length], [channels.Length]);
        using Tensor<float> variance = device.Upload(new float[channels.Length], [channels.Length]);
        using Tensor<float> saved = device.Allocate<float>([channels.Length]);
        device.BatchNormTraining(input, new BatchNormChannels(mean, variance) { SavedMean = saved.View }, input, momentum: 1f, epsilon, schedule);
        saved.ToArray().Should().Equal(mean.ToArray());
        return mean.ToArray();
    }

    // Normally distributed, with the mean in deviations, and as large as the magnitude at most.
    private static float[] Channel(int seed, int count, double mean, double magnitude)
    {
        float[] normal = RandomData.Normal(seed, count);
        double own = normal.Average(element => (double)element);
        double largest = normal.Max(element => Math.Abs(element - own + mean));
        return [.. normal.Select(element => (float)((element - own + mean) / largest * magnitude))];
    }
}
