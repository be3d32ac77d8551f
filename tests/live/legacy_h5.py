"""What Keras 3 leaves out when it loads an .h5 file: the state of the optimizer, which it builds there for no weights at all."""


def load_optimizer(model, path):
    """Puts the optimizer's variables of an .h5 file, in their order, into the loaded model. The metric is mean_absolute_error then."""
    import h5py
    import numpy as np
    from keras.src.legacy.saving import legacy_h5_format
    optimizer = type(model.optimizer).from_config(model.optimizer.get_config())
    model.compile(optimizer, model.loss, metrics=["mean_absolute_error"], jit_compile=False)
    optimizer.build(model.trainable_variables)
    with h5py.File(path) as file:
        stored = legacy_h5_format.load_optimizer_weights_from_hdf5_group(file)
        assert len(stored) == len(optimizer.variables), f"{len(stored)} variables are stored, {len(optimizer.variables)} wanted"
        for variable, value in zip(optimizer.variables, stored):
            variable.assign(np.asarray(value))
