using System.Reflection;
using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public partial class Module
        {
            /// <summary>The modules directly below this one.</summary>
            public virtual IEnumerable<(string name, Module module)> named_children() => _modules.Select(entry => (entry.Key, entry.Value));

            public virtual IEnumerable<Module> children() => named_children().Select(entry => entry.module);

            /// <summary>All modules below this one: the direct ones first, then those below each, by their dotted names.</summary>
            public virtual IEnumerable<(string name, Module module)> named_modules() =>
                named_children().Concat(
                    named_children().SelectMany(child => child.module.named_modules(), (child, below) => ($"{child.name}.{below.name}", below.module)));

            public virtual IEnumerable<Module> modules() => named_modules().Select(entry => entry.module);

            /// <summary>Parameters by their dotted names; one that is registered twice comes once, one that was disposed of not at all.</summary>
            public virtual IEnumerable<(string name, Parameter parameter)> named_parameters(bool recurse = true) =>
                Distinct(
                    _parameters.Select(entry => (entry.Key, entry.Value)),
                    recurse ? named_children().Select(child => (child.name, child.module.named_parameters())) : []);

            public virtual IEnumerable<Parameter> parameters(bool recurse = true) => named_parameters(recurse).Select(entry => entry.parameter);

            /// <summary>Buffers by their dotted names. As in TorchSharp, those that are not persistent never come.</summary>
            public virtual IEnumerable<(string name, Tensor buffer)> named_buffers(bool recurse = true, bool include_nonpersistent = true) =>
                Distinct(
                    _buffers.Where(entry => entry.Value.Persistent).Select(entry => (entry.Key, entry.Value.Buffer)),
                    recurse ? named_children().Select(child => (child.name, child.module.named_buffers(true, include_nonpersistent))) : []);

            public virtual IEnumerable<Tensor> buffers(bool recurse = true, bool include_nonpersistent = true) =>
                named_buffers(recurse, include_nonpersistent).Select(entry => entry.buffer);

            /// <summary>A parameter by its dotted name; null where there is none.</summary>
            public virtual Parameter? get_parameter(string target) =>
                named_parameters().Where(entry => entry.name == target).Select(entry => entry.parameter).FirstOrDefault();

            /// <summary>A buffer by its dotted name; null where there is none.</summary>
            public virtual Tensor? get_buffer(string target) =>
                named_buffers().Where(entry => entry.name == target).Select(entry => entry.buffer).FirstOrDefault();

            /// <summary>Parameters and persistent buffers by their dotted names; the tensors stay the modules'.</summary>
            public virtual Dictionary<string, Tensor> state_dict(Dictionary<string, Tensor>? destination = null, string? prefix = null)
            {
                destination ??= [];
                string start = string.IsNullOrEmpty(prefix) ? string.Empty : $"{prefix}.";
                foreach ((string key, Parameter parameter) in named_parameters())
                {
                    destination.TryAdd(start + key, parameter);
                }

                foreach ((string key, Tensor buffer) in named_buffers())
                {
                    destination.TryAdd(start + key, buffer);
                }

                return destination;
            }

            /// <summary>
            /// Copies tensors into parameters and buffers of the same names; shapes are broadcast and types converted without complaint.
            /// </summary>
            /// <exception cref="InvalidOperationException">Strict, and names are missing or unexpected.</exception>
            public virtual (IList<string> missing_keys, IList<string> unexpected_keyes) load_state_dict(
                Dictionary<string, Tensor> source, bool strict = true, IList<string>? skip = null)
            {
                Dictionary<string, Tensor> destination = state_dict();
                HashSet<string> skipped = [.. skip ?? []];
                List<string> missing = [.. destination.Keys.Where(key => !skipped.Contains(key) && !source.ContainsKey(key))];
                List<string> unexpected = [.. source.Keys.Where(key => !skipped.Contains(key) && !destination.ContainsKey(key))];
                if (strict && missing.Count + unexpected.Count > 0)
                {
                    throw new InvalidOperationException("The loaded state_dict is not identical to the target dictionary.");
                }

                using IDisposable noGradients = no_grad();
                foreach ((string key, Tensor tensor) in source)
                {
                    if (!skipped.Contains(key) && destination.TryGetValue(key, out Tensor? target))
                    {
                        target.copy_(tensor);
                    }
                }

                return (missing, unexpected);
            }

            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_parameter(string name, Parameter param)
            {
                RequireValid(param);
                if (!_parameters.TryAdd(name, param))
                {
                    throw new InvalidOperationException($"Parameter {name} is already registered.");
                }
            }

            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_buffer(string name, Tensor tensor, bool persistent = true)
            {
                RequireValid(tensor);
                if (!_buffers.TryAdd(name, (tensor, persistent)))
                {
                    throw new InvalidOperationException($"Tensor {name} is already registered.");
                }
            }

            /// <exception cref="ArgumentException">The name is empty or has a dot.</exception>
            /// <exception cref="InvalidOperationException">The name is taken.</exception>
            public virtual void register_module(string name, Module submodule)
            {
                if (string.IsNullOrEmpty(name) || name.Contains('.'))
                {
                    throw new ArgumentException($"A module's name is neither empty nor has a dot: \"{name}\".", nameof(name));
                }

                submodule.RegisterComponents();
                if (!_modules.TryAdd(name, submodule))
                {
                    throw new InvalidOperationException($"Sub-module {name} is already registered.");
                }
            }

            public void add_module(string name, Module module) => register_module(name, module);

            /// <summary>
            /// Registers what the fields hold: modules, parameters and, as buffers, other tensors; under the field's name or its
            /// <see cref="Utils.ComponentNameAttribute"/>. What is registered already stays; a second call does nothing.
            /// </summary>
            protected virtual void RegisterComponents()
            {
                if (_componentsRegistered)
                {
                    return;
                }

                foreach (FieldInfo field in FieldsOf(GetType()))
                {
                    string component = field.ComponentName();
                    if (_modules.ContainsKey(component) || _parameters.ContainsKey(component) || _buffers.ContainsKey(component))
                    {
                        continue;
                    }

                    switch (field.GetValue(this))
                    {
                        case Module module:
                            register_module(component, module);
                            break;
                        case Parameter parameter:
                            register_parameter(component, parameter);
                            break;
                        case Tensor buffer:
                            register_buffer(component, buffer);
                            break;
                    }
                }

                _componentsRegistered = true;
            }

            /// <summary>Registers a parameter in the place of what had its name; null takes that away.</summary>
            protected void ConditionallyRegisterParameter(string name, Parameter? value)
            {
                if (value is null)
                {
                    _parameters.Remove(name);
                }
                else
                {
                    _parameters[name] = value;
                }
            }

            protected void ConditionallyRegisterParameter(string name, Tensor? value) => ConditionallyRegisterParameter(name, value as Parameter);

            /// <summary>Registers a buffer in the place of what had its name; null takes that away.</summary>
            protected void ConditionallyRegisterBuffer(string name, Tensor? value, bool persistent = true)
            {
                if (value is null)
                {
                    _buffers.Remove(name);
                }
                else
                {
                    _buffers[name] = (value, persistent);
                }
            }

            /// <summary>What a layer's setter does: the old parameter is disposed of, the new one leaves its scope and takes the name.</summary>
            private protected void Exchange(string name, ref Parameter? field, Parameter? value)
            {
                if (ReferenceEquals(field, value))
                {
                    return;
                }

                field?.Dispose();
                value?.DetachFromDisposeScope();
                field = value;
                ConditionallyRegisterParameter(name, value);
            }

            private static void RequireValid(Tensor? tensor)
            {
                if (tensor is null || tensor.IsInvalid)
                {
                    throw new ArgumentNullException(nameof(tensor), "A tensor that is null or was disposed of cannot be registered.");
                }
            }

            private static IEnumerable<(string Name, T Tensor)> Distinct<T>(
                IEnumerable<(string Name, T Tensor)> own, IEnumerable<(string Name, IEnumerable<(string Name, T Tensor)> Tensors)> below)
                where T : Tensor
            {
                HashSet<nint> seen = [];
                return own
                    .Concat(below.SelectMany(child => child.Tensors, (child, entry) => ($"{child.Name}.{entry.Name}", entry.Tensor)))
                    .Where(entry => !entry.Tensor.IsInvalid && seen.Add(entry.Tensor.Handle));
            }

            // The fields of a type and of its bases, the derived ones first; of fields of one name only the most derived.
            private static IEnumerable<FieldInfo> FieldsOf(Type type)
            {
                HashSet<string> seen = [];
                for (Type? level = type; level is not null && level != typeof(Module); level = level.BaseType)
                {
                    foreach (FieldInfo field in level.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
                    {
                        if (seen.Add(field.Name))
                        {
                            yield return field;
                        }
                    }
                }
            }
        }
    }
}

/// <summary>What a field is registered as.</summary>
public static class FieldInfoExtensionMethods
{
    public static string ComponentName(this FieldInfo field) => field.GetCustomAttribute<Utils.ComponentNameAttribute>()?.Name ?? field.Name;
}
