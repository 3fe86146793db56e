using AttentionKernels.Oracle.PyTorch;
using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using Xunit;

namespace AttentionKernels.Tests.Normalization;

/// <summary>Norms and their gradients are those that PyTorch gives, in both schedules, and training leaves the running statistics that PyTorch leaves.</summary>
public class PyTorchNormTests(TestDevices devices) : DeviceTests(devices)
{
    /// <summary>Schedules, and the names of layer and RMS norms.</summary>
    public static IEnumerable<object[]> Rows => Cases(NormFunction.Layer).Concat(Cases(NormFunction.Rms));

    /// <summary>Schedules, and the names of group norms.</summary>
    public static IEnumerable<object[]> Groups => Cases(NormFunction.Group);

    /// <summary>Schedules, and the names of batch norms in training.</summary>
    public static IEnumerable<object[]> Trainings => Cases(NormFunction.BatchTraining);

    /// <summary>The names of batch norms in inference.</summary>
    public static IEnumerable<string> Inferences => Names(NormFunction.BatchInference);

    [Theory, EachBackend(Cases = nameof(Rows))]
    public void Rows_are_normalised_as_by_PyTorch(Backend backend, KernelSchedule schedule, string name)
    {
        AttentionDevice device = Device(backend);
        using var operands = new NormOperands(device, Norm(name));
        NormCase norm = operands.Norm;
        if (norm.Function == NormFunction.Layer)
            device.LayerNorm(operands.Input, operands.WeightIfAny, operands.BiasIfAny, operands.Output, norm.Epsilon, schedule);
        else
            device.RmsNorm(operands.Input, operands.Weight, operands.Output, norm.Epsilon, schedule);

        operands.VerifyOutput();
        var options = new NormOptions { Epsilon = norm.Epsilon, Schedule = schedule };
        using NormBackwardPlan<float> plan = norm.Function == NormFunction.Layer
            ? device.PlanLayerNormBackward(norm.Shape[0], norm.Features, NumberFormat.Float32, options)
            : device.PlanRmsNormBackward(norm.Shape[0], norm.Features, NumberFormat.Float32, options);
        TensorView<float>? weight = norm.Function == NormFunction.Rms ? operands.Weight.View : operands.WeightIfAny;
        plan.Run(operands.Input, weight, operands.OutputGradient, operands.InputGradient, operands.FeatureGradients);
        operands.VerifyGradients();
    }

    [Theory, EachBackend(Cases = nameof(Groups))]
    public void Groups_are_normalised_as_by_PyTorch(Backend backend, KernelSchedule schedule, string name)
    {
        using var operands = new NormOperands(Device(backend), Norm(name));
        var options = new NormOptions { Epsilon = operands.Norm.Epsilon, Schedule = schedule };

        Device(backend).GroupNorm(
            operands.Input, operands.Norm.Groups, operands.WeightIfAny, operands.BiasIfAny, operands.Output, options);

        operands.VerifyOutput();
        using NormBackwardPlan<float> plan = Device(backend).PlanGroupNormBackward(
            (int)operands.Norm.Shape[0], operands.Norm.Features, operands.Norm.Groups, NumberFormat.Float32, options);
        plan.Run(
            operands.Input, operands.WeightIfAny, operands.OutputGradient, operands.InputGradient, operands.FeatureGradients);
        operands.VerifyGradients();
    }

    [Theory, EachBackend(Cases = nameof(Trainings))]
    public void Two_steps_of_training_are_those_of_PyTorch(Backend backend, KernelSchedule schedule, string name)
    {
        AttentionDevice device = Device(backend);
        using var operands = new NormOperands(device, Norm(name));
        NormCase norm = operands.Norm;

        device.BatchNormTraining(operands.Input, operands.Channels, operands.Output, norm.MomentumOf(1), norm.Epsilon, schedule);
        operands.VerifyOutput();
        device.BatchNormTrainingBackward(
            operands.Input, operands.WeightIfAny, operands.OutputGradient, operands.InputGradient, operands.FeatureGradients,
            NumberFormat.Float32, new NormOptions { Epsilon = norm.Epsilon, Schedule = schedule });
        operands.VerifyGradients();
        device.BatchNormTraining(operands.SecondInput, operands.Channels, operands.Output, norm.MomentumOf(2), norm.Epsilon, schedule);

        PyTorchData.Verify(operands.RunningMean.ToArray(), norm.SecondMean, NormCase.LargestInput);
        PyTorchData.Verify(operands.RunningVariance.ToArray(), norm.SecondVariance, NormCase.LargestInput);
    }

    [Theory, EachBackend(Cases = nameof(Inferences))]
    public void Inference_is_that_of_PyTorch(Backend backend, string name)
    {
        using var operands = new NormOperands(Device(backend), Norm(name));

        Device(backend).BatchNormInference(operands.Input, operands.Channels, operands.Output, operands.Norm.Epsilon);

        operands.VerifyOutput();
        Device(backend).BatchNormInferenceBackward(
            operands.Input, operands.Channels, operands.OutputGradient, operands.InputGradient, operands.FeatureGradients,
            NumberFormat.Float32, new NormOptions { Epsilon = operands.Norm.Epsilon });
        operands.VerifyGradients();
    }

    private static IEnumerable<object[]> Cases(NormFunction function) =>
        from schedule in Schedules.OfAnyFormat
        from name in Names(function)
        select new object[] { schedule, name };

    private static IEnumerable<string> Names(NormFunction function) =>
        PyTorchCases.Norms.Where(norm => norm.Function == function).Select(norm => norm.Name);

    private static NormCase Norm(string name) => PyTorchCases.Norms.Single(norm => norm.Name == name);
}
