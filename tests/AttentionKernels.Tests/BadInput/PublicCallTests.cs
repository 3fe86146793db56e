using System.Reflection;
using System.Text.RegularExpressions;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.BadInput;

/// <summary>
/// Every public method × every kind of bad argument: a typed exception that names the argument, nothing written, and the next valid call works.
/// What a type can have wrong is in <see cref="WrongValues"/>, a valid call of each method in <see cref="PublicCalls"/>.
/// </summary>
[Trait("Speed", "Quick")]
public class PublicCallTests(TestDevices devices) : DeviceTests(devices)
{
    public static IEnumerable<string> Names => PublicCalls.Rows.Keys;

    [Fact]
    public void Every_public_method_has_its_row() => PublicCalls.Rows.Keys.Should().BeEquivalentTo(PublicCall.Methods.Keys);

    [Theory, EachBackend(Cases = nameof(Names))]
    public void Bad_arguments_are_refused_without_effect(Backend backend, string name)
    {
        using var scene = new CallScene(Device(backend));
        PublicCall row = PublicCalls.Rows[name];
        MethodBase method = Close(PublicCall.Methods[name], row.Types);
        ParameterInfo[] parameters = method.GetParameters();
        bool hasReceiver = !method.IsStatic && !method.IsConstructor;
        var problems = new List<string>();
        Invoke(row, method, row.Arguments(scene)).Should().BeNull("the call is valid");

        if (hasReceiver)
        {
            foreach (WrongValues.Wrong wrong in WrongValues.OfReceiver(row.Arguments(scene)[0]!))
                Try("this", 0, wrong);
        }

        foreach (ParameterInfo parameter in parameters)
        {
            int index = parameter.Position + (hasReceiver ? 1 : 0);
            foreach (WrongValues.Wrong wrong in WrongValues.Of(scene, parameter, row.Arguments(scene)[index]))
                Try(parameter.Name!, index, wrong);
        }

        problems.Should().BeEmpty();

        void Try(string parameter, int index, WrongValues.Wrong wrong)
        {
            if (row.Untried.Contains($"{parameter}: {wrong.Kind}"))
                return;
            object?[] arguments = row.Arguments(scene);
            arguments[index] = wrong.Value;
            Dictionary<TensorView<float>, float[]> before = Floats(arguments, index, wrong.Kind);
            bool isTaken = wrong.IsExtreme || row.Takes.Contains($"{parameter}: {wrong.Kind}");
            Exception? exception = Invoke(row, method, arguments);
            if (Complaint(exception, [parameter, .. wrong.MayNameOther ? parameters.Select(other => other.Name!) : []], isTaken) is { } complaint)
                problems.Add($"{parameter}: {wrong.Kind}: {complaint}");
            if (exception is null)
                return;
            foreach ((TensorView<float> view, float[] elements) in before)
            {
                if (!view.ToArray().SequenceEqual(elements))
                    problems.Add($"{parameter}: {wrong.Kind}: a tensor of {view.Shape} was written");
            }

            if (Invoke(row, method, row.Arguments(scene)) is { } afterwards)
                problems.Add($"{parameter}: {wrong.Kind}: the next valid call fails: {afterwards}");
        }
    }

    [Theory, EachBackend]
    public void What_is_disposed_tells_its_properties_or_says_that_it_is_disposed(Backend backend)
    {
        using var scene = new CallScene(Device(backend));
        object[] all = [AttentionDevice.Open(Backends.Family(backend)), scene.Table(), scene.Sequence(), scene.Cache(), scene.Plan(), scene.PagedPlan(), scene.Device.Allocate<float>([2])];
        foreach (object disposed in all)
        {
            ((IDisposable)disposed).Dispose();
            foreach (PropertyInfo property in disposed.GetType().GetProperties().Where(property => !PublicCall.IsSpan(property.PropertyType)))
            {
                Action get = () => property.GetMethod!.Invoke(disposed, BindingFlags.DoNotWrapExceptions, null, null, null);
                Exception? exception = Record.Exception(get);
                (exception is null or ObjectDisposedException).Should().BeTrue($"{disposed.GetType().Name}.{property.Name} gave {exception}");
            }
        }
    }

    // What is wrong with the answer to a wrong call.
    private static string? Complaint(Exception? exception, string[] names, bool isTaken)
    {
        if (exception is null)
            return isTaken ? null : "nothing was thrown";
        bool isTyped = exception is ArgumentException or ObjectDisposedException or NotSupportedException
            || ((exception is InvalidOperationException or OverflowException) && names.Contains("this"))
            || exception.GetType().Assembly == typeof(AttentionDevice).Assembly;
        if (!isTyped)
            return $"thrown was {exception}";
        if (exception.Message.Contains('`', StringComparison.Ordinal))
            return $"the message has a type's name for machines: {exception.Message}";
        bool isNamed = exception is not ArgumentException argument || names.Contains("this") || names.Contains(argument.ParamName)
            || names.Any(name => Regex.IsMatch(exception.Message, $@"\b{name}\b", RegexOptions.IgnoreCase));
        return isNamed ? null : $"the message does not name it: {exception.GetType().Name} ({((ArgumentException)exception).ParamName}): {exception.Message}";
    }

    // The tensors of a call and what they hold, but for the wrong one.
    // All tensors of a call but the wrong one, which may be a part of an argument.
    private static Dictionary<TensorView<float>, float[]> Floats(object?[] arguments, int wrong, string kind) => arguments
        .SelectMany((argument, index) => argument switch
        {
            BatchNormChannels => typeof(BatchNormChannels).GetProperties()
                .Where(property => index != wrong || !kind.StartsWith($"{property.Name} ", StringComparison.Ordinal))
                .Select(property => property.GetValue(argument)).OfType<TensorView<float>>(),
            TensorView<float> view when index != wrong => [view],
            _ => [],
        })
        .ToDictionary(view => view, view => view.ToArray());

    private static MethodBase Close(MethodBase method, Type[] types)
    {
        if (method.DeclaringType!.ContainsGenericParameters)
        {
            Type closed = method.DeclaringType.MakeGenericType(types);
            return MethodBase.GetMethodFromHandle(method.MethodHandle, closed.TypeHandle)!;
        }

        return method.IsGenericMethodDefinition ? ((MethodInfo)method).MakeGenericMethod(types) : method;
    }

    private static Exception? Invoke(PublicCall row, MethodBase method, object?[] arguments) => Record.Exception(() =>
    {
        if (row.Call is { } call)
        {
            call(arguments);
            return;
        }

        const BindingFlags AsIs = BindingFlags.DoNotWrapExceptions;
        object? result = method is ConstructorInfo constructor ? constructor.Invoke(AsIs, null, arguments, null)
            : method.IsStatic ? method.Invoke(null, AsIs, null, arguments, null)
            : method.Invoke(arguments[0], AsIs, null, arguments[1..], null);
        switch (result)
        {
            case Task task:
                task.GetAwaiter().GetResult();
                break;
            case IDisposable disposable:
                disposable.Dispose();
                break;
        }
    });
}
